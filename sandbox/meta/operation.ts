import type { Note } from '../platform.ts'
import type { PageAddress } from './paging.ts'
import type { Parameters } from './parameters.ts'
import type { Account, Audience, MetaState } from './state.ts'

/** What an operation works with; the account is the one addressed, or the owner of the audience addressed. */
export interface Context {
  state: MetaState
  account: Account
  parameters: Parameters
  address: PageAddress
  rejectRows: number
}

export interface AudienceContext extends Context {
  audience: Audience
}

/** A good answer: always HTTP 200. */
export interface Outcome {
  body: unknown
  note?: Note
}
