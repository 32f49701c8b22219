import type { Destination } from './define.ts'
import { google } from './google/index.ts'
import { klaviyo } from './klaviyo/index.ts'
import { linkedin } from './linkedin/index.ts'
import { meta } from './meta/index.ts'
import { pinterest } from './pinterest/index.ts'
import { tiktok } from './tiktok/index.ts'

/** Every platform that can be connected: one folder, one line. */
export const destinations = { google, klaviyo, linkedin, meta, pinterest, tiktok } satisfies Record<string, Destination>

export type PlatformId = keyof typeof destinations

export const isPlatformId = (platform: string): platform is PlatformId => Object.hasOwn(destinations, platform)

/** The destination of a platform's id, as it stands in Postgres. Throws an `Error` that lists those that exist. */
export function destinationOf(platform: string): Destination {
  if (isPlatformId(platform)) return destinations[platform]
  throw new Error(`There is no platform "${platform}". Known are: ${Object.keys(destinations).join(', ')}.`)
}
