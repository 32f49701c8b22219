import type { Clock } from '../clock.ts'
import { type Events, keepEvents } from '../events/events.ts'
import type { HeldRows } from '../held-rows.ts'
import type { Store } from '../keep/store.ts'
import type { AudienceRule } from './audience-rule.ts'
import { eventRules } from './event-rules.ts'
import { keptState } from './kept-state.ts'

export interface Account {
  /** Digits only; `act_` stands before it in paths. */
  id: string
  businessId: string
  /** Its one dataset, which events are sent to. */
  pixelId: string
  createdAt: number
  accessToken: string
  appSecret: string
  tokenExpired: boolean
  permissions: Set<string>
  termsAccepted: boolean
  businessLinked: boolean
  proofRequired: boolean
  tier: 'standard' | 'advanced'
  /** Upload sessions by their id, which is unique in the account. */
  sessions: Map<string, Session>
  /** Calls by the minute in which they came, for the last hour. */
  calls: Map<number, number>
}

export interface Session {
  id: string
  accountId: string
  /** null for a session of the account-wide opt-out. */
  audienceId: string | null
  kind: 'users' | 'replace'
  schema: string
  startedAt: number
  lastBatchAt: number
  finishedAt: number | null
  batches: Set<number>
  estimated: number | null
  received: number
  invalid: number
}

export interface Audience {
  id: string
  accountId: string
  name: string
  description: string | undefined
  optOutLink: string | undefined
  retentionDays: number
  /** undefined for a website audience. */
  customerFileSource: string | undefined
  isValueBased: boolean
  labels: unknown
  dataSource: { type: string; sub_type: string } | undefined
  createdAt: number
  updatedAt: number
  contentAt: number
  uploaded: boolean
  flagged: boolean
  deleted: boolean
  lookalikes: number
  /** For a website audience, whose people follow from events: its rows stay empty. */
  website: Website | undefined
  rows: HeldRows
  /** The replace that is running, with the rows that will take over when it ends well. */
  replace: { session: Session; rows: HeldRows } | undefined
  replaceFailed: boolean
}

/** The rule of a website audience, and the event after which it counts. */
export interface Website {
  rule: AudienceRule
  after: number
}

export interface MetaState {
  clock: Clock
  store: Store
  accounts: Map<string, Account>
  audiences: Map<string, Audience>
  events: Events
  newId(): string
}

export function startState(clock: Clock, store: Store): MetaState {
  let last = 0n
  return {
    clock,
    store,
    ...keptState(store),
    events: keepEvents(clock, store, eventRules),
    // Ids grow with real time: an id of an earlier life of the sandbox never comes back as another list.
    newId: () => {
      const fromTime = 120_000_000_000_000_000n + BigInt(Date.now() - Date.UTC(2020)) * 1_000n
      last = fromTime > last ? fromTime : last + 1n
      return String(last)
    },
  }
}
