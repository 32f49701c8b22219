import { z } from 'zod'
import type { Clock } from '../clock.ts'
import { type Events, keepEvents } from '../events/events.ts'
import type { Window } from '../fixed-window.ts'
import type { Store } from '../keep/store.ts'

const kept = z.object({
  id: z.string(),
  writeKey: z.string(),
  keyRevoked: z.boolean(),
  /** Calls a second; above it, 429. */
  secondLimit: z.number(),
})

/** A source: what a write key leads to. */
export interface Account extends z.infer<typeof kept> {
  calls: Window | undefined
}

export interface SegmentState {
  clock: Clock
  store: Store
  accounts: Map<string, Account>
  events: Events
}

/** The first of a messageId counts, for good: how long Segment remembers is not told for certain. */
export function startState(clock: Clock, store: Store): SegmentState {
  const events = keepEvents(clock, store, {
    identity: { names: (key) => key === 'userId' || key === 'anonymousId' },
    dedupe: {
      windowMs: Number.POSITIVE_INFINITY,
      keyOf: ({ stream, id }) => (id === undefined ? undefined : [stream, id].join('\u001f')),
    },
  })
  const accounts = store
    .documents('account')
    .map((document): Account => ({ ...kept.parse(document), calls: undefined }))
  return { clock, store, events, accounts: new Map(accounts.map((account) => [account.id, account])) }
}

export function keepAccount({ store, accounts }: SegmentState, account: Account): void {
  const { calls: _, ...rest } = account
  accounts.set(account.id, account)
  store.keep('account', account.id, rest satisfies z.infer<typeof kept>)
}
