import type { Destination } from './define.ts'
import type { EventDestination } from './define-events.ts'
import { ga4 } from './ga4/index.ts'
import { googleEvents } from './google/events/index.ts'
import { google } from './google/index.ts'
import { klaviyoEvents } from './klaviyo/events/index.ts'
import { klaviyo } from './klaviyo/index.ts'
import { linkedin } from './linkedin/index.ts'
import { metaEvents } from './meta/events/index.ts'
import { meta } from './meta/index.ts'
import { pinterest } from './pinterest/index.ts'
import { segment } from './segment/index.ts'
import { tiktokEvents } from './tiktok/events/index.ts'
import { tiktok } from './tiktok/index.ts'
import { webhook } from './webhook/index.ts'

export type Mode = 'list' | 'event'

/** What a platform takes: lists, events or both, for one and the same connected account. */
export type Platform =
  | { readonly list: Destination; readonly event?: EventDestination }
  | { readonly list?: never; readonly event: EventDestination }

/** Every platform that can be connected: one folder, one line. */
export const platforms = {
  ga4: { event: ga4 },
  google: { list: google, event: googleEvents },
  klaviyo: { list: klaviyo, event: klaviyoEvents },
  linkedin: { list: linkedin },
  meta: { list: meta, event: metaEvents },
  pinterest: { list: pinterest },
  segment: { event: segment },
  tiktok: { list: tiktok, event: tiktokEvents },
  webhook: { event: webhook },
} satisfies Record<string, Platform>

export type PlatformId = keyof typeof platforms

/** Those with lists. */
export type ListPlatformId = {
  [Id in PlatformId]: (typeof platforms)[Id] extends { readonly list: unknown } ? Id : never
}[PlatformId]

export const isPlatformId = (platform: string): platform is PlatformId => Object.hasOwn(platforms, platform)

/** What can be had of a platform of this id, as it stands in Postgres. Throws an `Error` that lists those that exist. */
export function platformOf(platform: string): Platform {
  if (isPlatformId(platform)) return platforms[platform]
  throw new Error(`There is no platform "${platform}". Known are: ${Object.keys(platforms).join(', ')}.`)
}

/** The modes in which a platform can be synced. */
export const modesOf = ({ list, event }: Platform): Mode[] => [
  ...(list ? ['list' as const] : []),
  ...(event ? ['event' as const] : []),
]

/** What is the same in both modes: name, API, account settings and credentials. */
export const accountSide = (platform: Platform): Destination | EventDestination => platform.list ?? platform.event

/** A platform as it is synced in this mode. Throws an `Error` where it cannot be. */
export function sideOf(platform: string, mode: Mode): Destination | EventDestination {
  const side = platformOf(platform)[mode]
  if (side) return side
  throw new Error(`The platform "${platform}" has no mode "${mode}".`)
}

/** The side of a platform that has lists. Throws an `Error` where it has none. */
export function listSideOf(platform: string): Destination {
  const { list } = platformOf(platform)
  if (list) return list
  throw new Error(`The platform "${platform}" has no lists.`)
}
