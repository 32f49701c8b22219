import type { z } from 'zod'
import type { Answer, Disturbance } from '../platform.ts'
import { refuse } from './api-error.ts'
import type { Account, Audience, CustomerList, PinterestState } from './state.ts'

/** What an operation works with; `id` is what stands behind the collection in the path. */
export interface Context {
  state: PinterestState
  account: Account
  id: string
  query: URLSearchParams
  /** The JSON value of the body; undefined when it is none. */
  body: unknown
  disturbance: Disturbance
}

export type Run = (context: Context) => Answer

/** Throws ApiError with the first thing that is wrong. */
export function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw refuse.parameter(`Invalid request: ${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}`)
}

export function listOf({ state, account }: Context, id: string): CustomerList {
  const list = state.lists.get(id)
  if (list && !list.deleted && list.accountId === account.id) return list
  throw refuse.missing('Customer list')
}

export function audienceOf({ state, account, id }: Context): Audience {
  const audience = state.audiences.get(id)
  if (audience?.accountId === account.id) return audience
  throw refuse.missing('Audience')
}

const LARGEST_PAGE = 250

/** One page in Pinterest's manner: items, and a bookmark for the next as long as there is one. */
export function page<T>(all: T[], query: URLSearchParams): { items: T[]; bookmark: string | null } {
  const size = Number(query.get('page_size') ?? 25)
  if (!Number.isInteger(size) || size < 1 || size > LARGEST_PAGE)
    throw refuse.parameter(`page_size must be from 1 to ${LARGEST_PAGE}`)
  const bookmark = query.get('bookmark')
  const from = bookmark === null ? 0 : Number(Buffer.from(bookmark, 'base64url').toString('utf8') || Number.NaN)
  if (!Number.isSafeInteger(from) || from < 0) throw refuse.parameter('bookmark is not valid')
  const next = from + size < all.length ? Buffer.from(String(from + size)).toString('base64url') : null
  return { items: all.slice(from, from + size), bookmark: next }
}
