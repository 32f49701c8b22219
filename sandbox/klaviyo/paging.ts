import { refuse } from './api-error.ts'
import type { Context } from './operation.ts'

export interface PageSizes {
  usual: number
  max: number
}

/** Which page is asked for: after which position, how many. */
export function readPage(query: URLSearchParams, { usual, max }: PageSizes): { after: number; size: number } {
  const sizeText = query.get('page[size]')
  const size = sizeText === null ? usual : Number(sizeText)
  if (!Number.isInteger(size) || size < 1 || size > max)
    throw refuse.parameter(`page[size] must be an integer between 1 and ${max}.`, 'page[size]')
  const cursor = query.get('page[cursor]')
  if (cursor === null || cursor === '') return { after: 0, size }
  const after = /^at:(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1]
  if (after === undefined) throw refuse.parameter('The cursor is not valid.', 'page[cursor]')
  return { after: Number(after), size }
}

/** The links of a page; `next` is the position to go on from, null at the end. */
export function pageLinks({ self }: Pick<Context, 'self'>, next: number | null): Record<string, string | null> {
  const url = new URL(self)
  if (next === null) return { self, next: null, prev: null }
  url.searchParams.set('page[cursor]', Buffer.from(`at:${next}`).toString('base64url'))
  return { self, next: url.toString(), prev: null }
}

/** A page of what is in memory as a list. */
export function pageOf<T>(
  context: Pick<Context, 'self' | 'query'>,
  all: readonly T[],
  sizes: PageSizes,
): { items: T[]; links: Record<string, string | null> } {
  const { after, size } = readPage(context.query, sizes)
  const items = all.slice(after, after + size)
  return { items, links: pageLinks(context, after + size < all.length ? after + size : null) }
}
