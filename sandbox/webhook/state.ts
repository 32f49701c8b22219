import { z } from 'zod'
import type { Clock } from '../clock.ts'
import { type Events, keepEvents } from '../events/events.ts'
import type { Store } from '../keep/store.ts'

const account = z.object({
  id: z.string(),
  /** Newest last; a signature with any of them is good. */
  secrets: z.array(z.string()),
})
/** An endpoint. */
export type Account = z.infer<typeof account>

const delivery = z.object({ count: z.number(), body: z.string() })
/** What came under one `webhook-id`: how often, and a hash of the first body. */
export type Delivery = z.infer<typeof delivery>

export interface WebhookState {
  clock: Clock
  store: Store
  accounts: Map<string, Account>
  /** By account and webhook-id. */
  deliveries: Map<string, Delivery>
  events: Events
}

/** An address or a browser names nobody, whatever the sender calls it. */
const naming = (key: string) => !/(^|[_-])(ip|ip[_-]?address|user[_-]?agent)$/i.test(key)

/** The first of an event's id counts, for good. */
export function startState(clock: Clock, store: Store): WebhookState {
  const events = keepEvents(clock, store, {
    identity: { names: naming },
    dedupe: {
      windowMs: Number.POSITIVE_INFINITY,
      keyOf: ({ stream, id }) => (id === undefined ? undefined : [stream, id].join('\u001f')),
    },
  })
  const accounts = store.documents('account').map((kept) => account.parse(kept))
  const deliveries = store.documents('delivery').map((kept): [string, Delivery] => {
    const { key, ...rest } = z.object({ key: z.string(), ...delivery.shape }).parse(kept)
    return [key, rest]
  })
  return {
    clock,
    store,
    events,
    accounts: new Map(accounts.map((each) => [each.id, each])),
    deliveries: new Map(deliveries),
  }
}

export function keepAccount({ store, accounts }: WebhookState, kept: Account): void {
  accounts.set(kept.id, kept)
  store.keep('account', kept.id, kept)
}

export function keepDelivery({ store, deliveries }: WebhookState, key: string, kept: Delivery): void {
  deliveries.set(key, kept)
  store.keep('delivery', key, { key, ...kept })
}
