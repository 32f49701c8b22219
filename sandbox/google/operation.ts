import type { Disturbance, Note } from '../platform.ts'
import type { Account, GoogleState } from './state.ts'

/** What an operation works with. */
export interface Context {
  state: GoogleState
  /** The account whose credentials opened the call; others may have the same. */
  caller: Account
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
