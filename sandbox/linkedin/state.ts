import type { Clock } from '../clock.ts'
import type { Window } from '../fixed-window.ts'
import { growingIds } from '../growing-ids.ts'
import type { HeldRows } from '../held-rows.ts'
import { holdRows } from '../held-rows.ts'
import type { Tokens } from '../oauth-tokens.ts'
import { companyKeys } from './company-element.ts'
import { idTypes } from './user-element.ts'

export const roles = [
  'ACCOUNT_BILLING_ADMIN',
  'ACCOUNT_MANAGER',
  'CAMPAIGN_MANAGER',
  'CREATIVE_MANAGER',
  'VIEWER',
] as const
export type Role = (typeof roles)[number]
export const scopes = ['rw_dmp_segments', 'rw_ads', 'r_ads'] as const
export type Scope = (typeof scopes)[number]

/** A sponsored account with the one member and the one app that the sandbox gave credentials for. */
export interface Account {
  /** Digits only; `urn:li:sponsoredAccount:` stands before it in bodies. */
  id: string
  personId: string
  createdAt: number
  tokens: Tokens
  scopes: Scope[]
  role: Role
  /** The partner's own enum of `sourcePlatform`. */
  sourcePlatform: string
  /** How long the members of a new segment answer 404. */
  freshSeconds: number
  /** The share of held rows that LinkedIn matches to members. */
  matchRate: number
  /** Calls between one UTC midnight and the next. */
  dailyLimit: number
  /** Calls counted, by the name of their limit. */
  windows: Record<string, Window>
}

export const segmentTypes = ['USER', 'COMPANY'] as const
export type SegmentType = (typeof segmentTypes)[number]

/** A state that an operator put the segment into; it hides what the segment would say of itself. */
export const conditions = ['ARCHIVED', 'EXPIRED', 'FAILED', 'ERROR'] as const
export type Condition = (typeof conditions)[number]

export interface Segment {
  /** Digits; a JSON number in LinkedIn's bodies. */
  id: string
  adSegmentId: string
  accountId: string
  name: string
  description: string | undefined
  type: SegmentType
  sourcePlatform: string
  sourceSegmentId: string | undefined
  createdAt: number
  modifiedAt: number
  /** When the first member came; null before. */
  firstContentAt: number | null
  contentAt: number | null
  /** What `audienceSize` says while an update is under way. */
  settledSize: number
  /** Elements added, by the day of the clock in which they came. */
  addedByDay: Record<string, number>
  condition: Condition | null
  deleted: boolean
  rows: HeldRows
}

export interface LinkedInState {
  clock: Clock
  accounts: Map<string, Account>
  segments: Map<string, Segment>
  newId(): string
}

const strongKeys: Record<SegmentType, ReadonlySet<string>> = {
  USER: new Set(Object.keys(idTypes)),
  COMPANY: new Set(companyKeys),
}

export function emptyRows(type: SegmentType): HeldRows {
  return holdRows((key) => strongKeys[type].has(key))
}

export function startState(clock: Clock): LinkedInState {
  return {
    clock,
    accounts: new Map(),
    segments: new Map(),
    newId: growingIds({ from: 10_000_000n, perMs: 10n }),
  }
}
