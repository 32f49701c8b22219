import type { Clock } from '../clock.ts'
import { type Events, keepEvents } from '../events/events.ts'
import type { Window } from '../fixed-window.ts'
import type { HeldRows } from '../held-rows.ts'
import { holdRows } from '../held-rows.ts'
import type { Store } from '../keep/store.ts'
import { eventRules } from './event-rules.ts'

/** Plain data, as all that the state holds. */
export interface Account {
  /** Six characters, the public key of the account. */
  id: string
  privateKey: string
  keyRevoked: boolean
  scopes: string[]
  optInProcess: OptIn
  /** How long a job takes from queued to complete. */
  jobSeconds: number
  /** How long the results of a job can be read once it is complete. */
  resultSeconds: number
  /** What a bulk of events with a unique_id that was taken before is answered. */
  repeatedIds: RepeatedIds
  /** Calls by operation and kind of window. */
  windows: Record<string, Window>
  /** Until when an operation answers 429 only, by operation. */
  blockedUntil: Record<string, number>
}

/** Refused with the repeated ones named, refused without a name, or taken for what it is: a repeat. */
export const repeatedIds = ['named', 'unnamed', 'first_kept'] as const
export type RepeatedIds = (typeof repeatedIds)[number]

export type OptIn = 'single_opt_in' | 'double_opt_in'

/** What names a profile beside its id. Only events bring an anonymous id. */
export const identifierNames = ['external_id', 'email', 'phone_number', '_kx', 'anonymous_id'] as const
export type IdentifierName = (typeof identifierNames)[number]

export interface Profile {
  id: string
  accountId: string
  identifiers: Partial<Record<IdentifierName, string>>
  /** first_name, location and what else describes a person. */
  attributes: Record<string, unknown>
  properties: Record<string, unknown>
  createdAt: number
  updatedAt: number
  /** Lists that it is on, and since when. Says nothing of consent. */
  lists: Record<string, number>
  /** Consent by channel and kind, such as `email.marketing`. */
  consent: Record<string, 'SUBSCRIBED' | 'UNSUBSCRIBED'>
  /** Reasons why it gets no e-mail whatever its consent, and since when. */
  suppressions: Record<string, number>
}

export interface List {
  id: string
  accountId: string
  name: string
  optInProcess: OptIn
  createdAt: number
  updatedAt: number
  deleted: boolean
  /** A row `id` for each profile on it. */
  rows: HeldRows
}

/** A bulk import; its work is done at once and told when it is complete. */
export interface ImportJob {
  id: string
  accountId: string
  listIds: string[]
  createdAt: number
  doneAt: number
  expiresAt: number
  total: number
  cancelledCount: number
  profileIds: string[]
  errors: ImportError[]
}

export interface ImportError {
  id: string
  code: string
  title: string
  detail: string
  pointer: string
  payload: Record<string, unknown>
}

export interface KlaviyoState {
  clock: Clock
  accounts: Map<string, Account>
  profiles: Map<string, Profile>
  lists: Map<string, List>
  jobs: Map<string, ImportJob>
  /** Profile ids by account, identifier and value; made of the profiles. */
  index: Map<string, string>
  /** Kept over a restart, unlike the rest: with them come the profiles that they are of. */
  events: Events
}

/** A list is told apart by profile ids, and only those. */
export function emptyRows(): HeldRows {
  return holdRows(() => true)
}

export function startState(clock: Clock, store: Store): KlaviyoState {
  return {
    clock,
    accounts: new Map(),
    profiles: new Map(),
    lists: new Map(),
    jobs: new Map(),
    index: new Map(),
    events: keepEvents(clock, store, eventRules),
  }
}
