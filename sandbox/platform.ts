import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from './clock.ts'
import type { HeldRows } from './held-rows.ts'
import type { Store } from './keep/store.ts'

/** One HTTP request for a platform; `path` starts after the platform's own prefix, `origin` is where that prefix lives. */
export interface Arrival {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: Buffer
  origin: string
}

/** What the request log tells about a call beside its status: counts only, never a member's value. */
export interface Note {
  received?: number
  invalid?: number
  sessionId?: string
  batchSeq?: number
}

/** `body` is sent as JSON; without one the answer is empty. */
export interface Answer {
  status: number
  headers?: Record<string, string>
  body?: unknown
  note?: Note
}

/** What a fault may ask a platform to answer, each in the platform's own words. */
export const refusals = [
  'throttled',
  'server_error',
  'expired_token',
  'permission',
  'list_deleted',
  'list_flagged',
  'bad_request',
] as const
export type Refusal = (typeof refusals)[number]

/** Details of a refusal; what a platform has no use for, it ignores. */
export interface RefusalDetails {
  /** A fraction where seconds were ordered. */
  regainMinutes?: number | undefined
  code?: number | undefined
  subcode?: number | undefined
  status?: number | undefined
  /** A platform's own name of an error. */
  reason?: string | undefined
  /** How many rows of the request are at fault, counted from the first. */
  count?: number | undefined
}

/** What a fault asks of work that is done: so many good rows are refused, for the platform's own reason. */
export interface Disturbance {
  rejectRows: number
  reason?: string | undefined
}

/** A request that was understood well enough to be named; nothing has happened yet. */
export interface Call {
  operation: string
  perform(disturbance: Disturbance): Answer
  refuse(refusal: Refusal, details: RefusalDetails): Answer
}

export interface MadeAccount {
  id: string
  settings: Record<string, string>
  credentials: Record<string, string>
}

export interface ListInfo {
  id: string
  name: string
  rows: Pick<HeldRows, 'size' | 'page'>
}

/** Where to look among events: in one place of the platform (a dataset, a pixel, a property), or in all. */
export interface EventView {
  stream?: string | undefined
}

/** What a platform that takes events tells of them. */
export interface PlatformEvents {
  /** Events in the order of arrival, after the one with that number; `next` is the number to go on from, null at the end. */
  page(view: EventView & { after: number; limit: number }): { events: Record<string, unknown>[]; next: number | null }
  /** Who is in an audience of ours, with what names each. */
  state(view: EventView & { audience: string }): { members: Record<string, unknown>[] }
}

/** What the endpoints that all platforms share need to know of one. Everything behind it lives in memory and, where it is kept, in the store. */
export interface Platform {
  open(arrival: Arrival): Call
  /** The answer to a body beyond the sandbox's limit. */
  tooLarge(): Answer
  /** The answer when the sandbox itself failed. */
  broken(): Answer
  /**
   * Makes a new account, or makes one again from what an earlier life of the sandbox gave out. `origin` is where the
   * platform is served, for credentials that say where tokens are had. Throws ControlFault.
   */
  makeAccount(known: { settings?: unknown; credentials?: unknown }, origin: string): MadeAccount
  /** Changes an account's state; undefined when there is no such account. Throws ControlFault. */
  changeAccount(id: string, changes: unknown): Record<string, unknown> | undefined
  accounts(): Record<string, unknown>[]
  lists(): ListInfo[]
  list(id: string): ListInfo | undefined
  /** What an operator may do to a list: name of the action → the action. */
  listActions: Record<string, (id: string) => void>
  /** For a platform that takes events. */
  events?: PlatformEvents
}

/** `store` holds what an earlier life of the platform kept; a platform that keeps nothing there forgets at a restart. */
export type StartPlatform = (clock: Clock, store: Store) => Platform
