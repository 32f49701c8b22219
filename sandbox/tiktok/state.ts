import type { Clock } from '../clock.ts'
import { type Events, keepEvents } from '../events/events.ts'
import type { Window } from '../fixed-window.ts'
import { growingIds } from '../growing-ids.ts'
import type { HeldRows } from '../held-rows.ts'
import { holdRows } from '../held-rows.ts'
import type { Store } from '../keep/store.ts'
import { eventRules } from './event-rules.ts'

export interface Account {
  /** The advertiser's id. */
  id: string
  /** Its one event source: a pixel. */
  pixelCode: string
  createdAt: number
  accessToken: string
  tokenExpired: boolean
  /** Whether the token may work with audiences. */
  mayUseAudiences: boolean
  /** How long a new audience is being processed. */
  processingSeconds: number
  /** The share of held rows that TikTok matches. */
  matchRate: number
  /** Calls that may be made in place of the usual numbers; null leaves those. */
  limits: Record<'second' | 'minute' | 'day', number | null>
  windows: Record<string, Window>
  /** After a minute that was used up nothing is taken until then. */
  blockedUntil: number
}

export interface HistoryEntry {
  action: string
  opt_time: string
}

export interface Audience {
  id: string
  accountId: string
  name: string
  createdAt: number
  /** The last use or change, from which the 365 days count. */
  changedAt: number
  /** When members came last; null before. */
  contentAt: number | null
  /** While the clock is before this nobody may edit the audience. */
  processingUntil: number
  /** What `cover_num` says until the next calculation is done. */
  coverNum: number
  history: HistoryEntry[]
  deleted: boolean
  rows: HeldRows
}

export interface TikTokState {
  clock: Clock
  accounts: Map<string, Account>
  audiences: Map<string, Audience>
  events: Events
  newId(): string
}

/** Every identifier of TikTok names a person alone. */
export function emptyRows(): HeldRows {
  return holdRows(() => true)
}

export function startState(clock: Clock, store: Store): TikTokState {
  return {
    clock,
    accounts: new Map(),
    audiences: new Map(),
    events: keepEvents(clock, store, eventRules),
    newId: growingIds({ from: 200_000_000_000_000_000n, perMs: 1_000n }),
  }
}
