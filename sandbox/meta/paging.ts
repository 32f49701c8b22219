import { refuse } from './graph-error.ts'
import type { Parameters } from './parameters.ts'
import { text } from './parameters.ts'

export interface PageAddress {
  /** The address of this edge, without a query. */
  url: string
  token: string
}

/** One page in Meta's manner: `data`, cursors, and full addresses of the neighbours as long as there are any. */
export function page<T>(
  all: readonly T[],
  { idOf, render, limit }: { idOf: (item: T) => string; render: (item: T) => unknown; limit: number },
  parameters: Parameters,
  address: PageAddress,
): { data: unknown[]; paging?: unknown } {
  const from = startOf(all, idOf, limit, parameters)
  const items = all.slice(from, from + limit)
  const first = items[0]
  const last = items.at(-1)
  if (first === undefined || last === undefined) return { data: [] }
  const link = (name: 'after' | 'before', id: string) => addressOf(address, parameters, limit, name, cursorOf(id))
  return {
    data: items.map(render),
    paging: {
      cursors: { before: cursorOf(idOf(first)), after: cursorOf(idOf(last)) },
      ...(from + limit < all.length ? { next: link('after', idOf(last)) } : {}),
      ...(from > 0 ? { previous: link('before', idOf(first)) } : {}),
    },
  }
}

function startOf<T>(all: readonly T[], idOf: (item: T) => string, limit: number, parameters: Parameters): number {
  const after = text(parameters, 'after')
  if (after) return indexOf(all, idOf, after) + 1
  const before = text(parameters, 'before')
  return before ? Math.max(indexOf(all, idOf, before) - limit, 0) : 0
}

function indexOf<T>(all: readonly T[], idOf: (item: T) => string, cursor: string): number {
  const id = Buffer.from(cursor, 'base64url').toString('utf8')
  const index = all.findIndex((item) => idOf(item) === id)
  if (index >= 0) return index
  throw refuse.parameter('Invalid cursors values were passed in the request.')
}

function cursorOf(id: string): string {
  return Buffer.from(id).toString('base64url')
}

/** The token is part of the address, as at Meta: what follows it must not log it. */
function addressOf(
  { url, token }: PageAddress,
  parameters: Parameters,
  limit: number,
  direction: 'after' | 'before',
  cursor: string,
): string {
  const query = new URLSearchParams({ access_token: token, limit: String(limit), [direction]: cursor })
  for (const name of ['fields', 'filtering', 'session_id', 'appsecret_proof', 'appsecret_time']) {
    const value = text(parameters, name)
    if (value !== undefined) query.set(name, value)
  }
  return `${url}?${query}`
}
