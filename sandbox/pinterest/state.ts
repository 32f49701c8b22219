import type { Clock } from '../clock.ts'
import type { Window } from '../fixed-window.ts'
import { growingIds } from '../growing-ids.ts'
import type { HeldRows } from '../held-rows.ts'
import { holdRows } from '../held-rows.ts'
import type { Tokens } from '../oauth-tokens.ts'
import type { ListType } from './records.ts'

export const scopes = ['ads:read', 'ads:write'] as const
export type Scope = (typeof scopes)[number]

export interface Account {
  id: string
  createdAt: number
  tokens: Tokens
  scopes: Scope[]
  /** The share of held rows that Pinterest matches. */
  matchRate: number
  minuteLimit: number
  calls: Window | undefined
}

export interface CustomerList {
  id: string
  accountId: string
  name: string
  type: ListType
  createdAt: number
  /** When records came last. */
  contentAt: number
  batches: number
  uploaded: number
  removed: number
  /** Records that were taken and turned out to be of no use. */
  invalid: number
  deleted: boolean
  rows: HeldRows
}

export interface Audience {
  id: string
  accountId: string
  name: string
  description: string | undefined
  customerListId: string
  createdAt: number
}

export interface PinterestState {
  clock: Clock
  accounts: Map<string, Account>
  lists: Map<string, CustomerList>
  audiences: Map<string, Audience>
  newId(): string
}

/** A row is one record, which names a person alone. */
export function emptyRows(): HeldRows {
  return holdRows(() => true)
}

export function startState(clock: Clock): PinterestState {
  return {
    clock,
    accounts: new Map(),
    lists: new Map(),
    audiences: new Map(),
    newId: growingIds({ from: 20_000_000_000_000n, perMs: 10n }),
  }
}
