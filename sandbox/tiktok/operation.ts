import type { Answer, Disturbance } from '../platform.ts'
import { EnvelopeError, invalid } from './envelope.ts'
import type { Account, Audience, TikTokState } from './state.ts'

/** What an operation works with. `accounts` are all that the token opens; the input is the body, or the query of a GET. */
export interface Context {
  state: TikTokState
  accounts: Account[]
  input: Record<string, unknown>
  disturbance: Disturbance
}

export type Run = (context: Context) => Answer

/** Ids are strings of digits. */
export function id(input: Record<string, unknown>, name: string): string {
  const value = input[name]
  if (typeof value === 'string' && /^\d{1,19}$/.test(value)) return value
  throw invalid(`${name}: Invalid parameter`)
}

export function ids(input: Record<string, unknown>, name: string, most: number): string[] {
  const value = input[name]
  if (Array.isArray(value) && value.length >= 1 && value.length <= most && value.every(isId)) return value
  throw invalid(`${name}: Length must be between 1 and ${most}`)
}

const isId = (value: unknown): value is string => typeof value === 'string' && /^\d{1,19}$/.test(value)

export function text(input: Record<string, unknown>, name: string, longest: number): string {
  const value = input[name]
  if (typeof value === 'string' && value.trim() !== '' && value.length <= longest) return value
  throw invalid(`${name}: Length must be between 1 and ${longest}`)
}

export function whole(input: Record<string, unknown>, name: string, usual: number, max: number): number {
  const value = input[name]
  if (value === undefined) return usual
  const number = typeof value === 'string' ? Number(value) : value
  if (typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= max) return number
  throw invalid(`${name}: Must be between 1 and ${max}`)
}

/** An advertiser that the token may work for. */
export function advertiser({ accounts }: Context, advertiserId: string): Account {
  const account = accounts.find((own) => own.id === advertiserId)
  if (account === undefined) throw new EnvelopeError(40001, `No permission to operate advertiser ${advertiserId}`)
  return account
}

export function audienceOf({ state }: Context, account: Account, audienceId: string): Audience {
  const audience = state.audiences.get(audienceId)
  if (audience && !audience.deleted && audience.accountId === account.id) return audience
  throw new EnvelopeError(40007, `Audience ${audienceId} does not exist`)
}
