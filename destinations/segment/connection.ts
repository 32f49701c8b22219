import { hash } from 'node:crypto'
import { z } from 'zod'
import type { Connection, Quotas } from '../define.ts'
import { eventNames } from '../event-names.ts'
import { alsoByOwnName } from '../own-names.ts'
import { userUrl } from '../user-url.ts'
import { api, limits, REQUESTS_A_SECOND } from './api.ts'

export const settings = z.object({
  endpoint: userUrl()
    .overwrite((url) => url.replace(/\/+$/, ''))
    .refine((url) => new URL(url).search === '' && new URL(url).hash === '', 'The endpoint ends before /v1/batch')
    .default(api.baseUrl)
    .meta({
      title: 'Endpoint',
      description: 'Without /v1/batch. Segment, or RudderStack, Jitsu and others that take its API',
    }),
})

export const credentials = alsoByOwnName(
  z.object({
    writeKey: z
      .string()
      .trim()
      .regex(/^[!-9;-~]+$/, 'The write key is one word without a colon')
      .meta({ secret: true, title: 'Write key', description: 'Of an HTTP or server source' }),
  }),
  { write_key: 'writeKey' },
)

export const syncSettings = z.object({
  ...eventNames(
    { addedEvent: 'Audience Entered', removedEvent: 'Audience Exited' },
    { longest: limits.eventNameLength },
  ),
  shape: z.enum(['track', 'identify', 'both']).default('track').meta({
    title: 'Calls',
    description: 'track: an event of each join and leave; identify: a trait that is true or false; both',
  }),
})

export type SegmentSync = z.output<typeof syncSettings>
export type SegmentConnection = Connection<z.output<typeof settings>, z.output<typeof credentials>>

type Opened = Pick<SegmentConnection, 'settings' | 'credentials'>

/** The source by its endpoint and a short name of its write key, which is a secret. */
export const account = ({ settings: { endpoint }, credentials: { writeKey } }: Opened): string =>
  `${new URL(endpoint).host} ${hash('sha256', writeKey).slice(0, 12)}`

export const quotas = (opened: Opened): Quotas => ({
  write: { key: `segment:${account(opened)}`, limit: REQUESTS_A_SECOND, windowMs: 1_000 },
})

/** Where the calls go: an account at the sandbox has no endpoint of its own. */
export const endpointOf = ({ sandbox, baseUrl, settings }: SegmentConnection): string =>
  sandbox ? baseUrl : settings.endpoint
