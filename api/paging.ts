import { z } from '@hono/zod-openapi'
import type { Cursor } from '../db/queries/page.ts'
import { unusable } from './problem.ts'

/** The query of every list. */
export const pageQuery = z.object({
  after: z.string().max(400).optional().openapi({ description: '`next` of the page before' }),
  limit: z.coerce.number().int().min(1).max(200).default(50).openapi({ description: 'At most so many items' }),
})

/** A page of items; `next` is null on the last one. */
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().nullable() })

/** Reads the place where the last page ended. @throws ApiProblem when it is not one of ours. */
export function readCursor(after: string | undefined): Cursor | undefined {
  if (after === undefined) return undefined
  const parsed = cursor.safeParse(decode(after))
  if (parsed.success) return { at: parsed.data[0], id: parsed.data[1] }
  throw unusable(
    'bad_cursor',
    'This is not a cursor of ours.',
    'Send `next` of the page before, unchanged, or nothing.',
    [{ path: 'after', message: 'Not a cursor' }],
  )
}

/** A page out of one row more than asked for: whether that one exists says whether there is a next page. */
export function asPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (row: Row) => Cursor,
  present: (row: Row) => Item,
): { items: Item[]; next: string | null } {
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return { items: rows.slice(0, limit).map(present), next: last ? encode(cursorOf(last)) : null }
}

const cursor = z.tuple([z.iso.datetime({ offset: true }), z.uuid()])
const encode = ({ at, id }: Cursor) => Buffer.from(JSON.stringify([at, id])).toString('base64url')

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
