import { z } from 'zod'
import type { Clock } from '../clock.ts'
import { type Events, keepEvents } from '../events/events.ts'
import { growingIds } from '../growing-ids.ts'
import type { Store } from '../keep/store.ts'
import type { AudienceBody } from './audience-schema.ts'
import { audienceBody } from './audience-schema.ts'
import { eventRules } from './event-rules.ts'

const account = z.object({
  /** Its web stream, `G-…`. */
  measurementId: z.string(),
  /** Its app stream. */
  firebaseAppId: z.string(),
  propertyId: z.string(),
  apiSecret: z.string(),
  accessToken: z.string(),
  tokenExpired: z.boolean(),
  mayEdit: z.boolean(),
})
/** A property with a web stream and an app stream. */
export type Account = z.infer<typeof account>

const audience = z.object({
  id: z.string(),
  propertyId: z.string(),
  createdAt: z.number(),
  deleted: z.boolean(),
  body: audienceBody,
})
export interface Audience extends z.infer<typeof audience> {
  body: AudienceBody
}

export interface Ga4State {
  clock: Clock
  store: Store
  /** By measurement id. */
  accounts: Map<string, Account>
  audiences: Map<string, Audience>
  events: Events
  newId(): string
}

export function startState(clock: Clock, store: Store): Ga4State {
  const accounts = store.documents('account').map((kept) => account.parse(kept))
  const audiences = store.documents('audience').map((kept) => audience.parse(kept))
  return {
    clock,
    store,
    accounts: new Map(accounts.map((each) => [each.measurementId, each])),
    audiences: new Map(audiences.map((each) => [each.id, each])),
    events: keepEvents(clock, store, eventRules),
    newId: growingIds({ from: 6_000_000_000n, perMs: 1n }),
  }
}

export function keepAccount({ store, accounts }: Ga4State, kept: Account): void {
  accounts.set(kept.measurementId, kept)
  store.keep('account', kept.measurementId, kept)
}

export function keepAudience({ store, audiences }: Ga4State, kept: Audience): void {
  audiences.set(kept.id, kept)
  store.keep('audience', kept.id, kept)
}
