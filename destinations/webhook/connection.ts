import { hash } from 'node:crypto'
import { z } from 'zod'
import type { Connection } from '../define.ts'
import { eventNames, usualNames } from '../event-names.ts'
import { userUrl } from '../user-url.ts'
import { limits, MOST_EVENTS } from './limits.ts'
import { secretField } from './secret.ts'

export const settings = z.object({
  url: userUrl().meta({ title: 'Address', description: 'https, public: each join and leave is sent there by POST' }),
})

export const credentials = z.object({
  secret: secretField().optional().meta({
    secret: true,
    title: 'Secret of the signatures',
    description: 'whsec_…: what receives the events verifies them with it',
  }),
  previousSecret: secretField().optional().meta({
    secret: true,
    title: 'Previous secret',
    description: 'While the secret is being changed: requests carry a signature by each of the two',
  }),
})

export const syncSettings = z.object({
  ...eventNames(usualNames, { longest: limits.eventNameLength }),
  eventsPerRequest: z
    .int()
    .min(1)
    .max(MOST_EVENTS)
    .default(1)
    .meta({
      title: 'Events in a request',
      description: `1, or up to ${MOST_EVENTS} in one request of the type "membership"`,
    }),
})

export type WebhookSync = z.output<typeof syncSettings>
export type WebhookConnection = Connection<z.output<typeof settings>, z.output<typeof credentials>>

type Opened = Pick<WebhookConnection, 'settings' | 'credentials'>

/** The receiver by its host and a mark of its address, which may hold a token. */
export const account = ({ settings: { url } }: Opened): string =>
  `${new URL(url).host} ${hash('sha256', url).slice(0, 12)}`

export const lacks = ({ credentials: { secret } }: Opened) =>
  secret === undefined
    ? {
        what: 'The destination has no secret to sign its requests with.',
        next: 'Let a secret be made for it, or set one: whsec_ and 24 to 64 bytes in base64.',
      }
    : undefined
