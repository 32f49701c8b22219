import type { Disturbance, Note } from '../platform.ts'
import type { Account, GoogleState } from './state.ts'

/** What an operation works with; the account is the one whose project calls. */
export interface Context {
  state: GoogleState
  account: Account
  /** The parts of the path that stand for something, such as the id of a list. */
  parts: string[]
  query: URLSearchParams
  /** Headers that name an account to act through. */
  loginAccount: string | undefined
  linkedAccount: string | undefined
  /** The parsed body; undefined when it was empty. */
  body: unknown
  disturbance: Disturbance
}

/** A good answer: always HTTP 200. */
export interface Outcome {
  body: unknown
  note?: Note
}
