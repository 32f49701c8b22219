import type { IncomingHttpHeaders } from 'node:http'
import type { Answer, Disturbance } from '../platform.ts'
import type { Account, LinkedInState, Segment } from './state.ts'

/** What an operation works with. `accounts` are all that the token opens, at least one. */
export interface Context {
  state: LinkedInState
  accounts: Account[]
  query: URLSearchParams
  headers: IncomingHttpHeaders
  /** The JSON value of the body; undefined when it is none. */
  body: unknown
  disturbance: Disturbance
}

export interface AccountContext extends Context {
  account: Account
}

export interface SegmentContext extends AccountContext {
  segment: Segment
}

export type Outcome = Answer

/** The method that a Rest.li call names in its header, in capitals; undefined when it names none. */
export function restliMethod(headers: IncomingHttpHeaders): string | undefined {
  const method = headers['x-restli-method']
  return typeof method === 'string' && method !== '' ? method.toUpperCase() : undefined
}
