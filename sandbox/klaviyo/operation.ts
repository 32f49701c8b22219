import type { Disturbance, Note } from '../platform.ts'
import type { Account, KlaviyoState } from './state.ts'

/** What an operation works with. */
export interface Context {
  state: KlaviyoState
  account: Account
  /** What stands for the id in the path; empty where there is none. */
  id: string
  query: URLSearchParams
  /** The parsed body; undefined when it was empty. */
  body: unknown
  /** Where the API is served, without a slash at the end. */
  origin: string
  /** Where this very call came in, with its query. */
  self: string
  disturbance: Disturbance
}

/** A good answer; without a body it is empty. */
export interface Outcome {
  status: 200 | 201 | 202 | 204
  body?: unknown
  note?: Note
}
