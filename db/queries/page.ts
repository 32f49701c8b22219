import { type AnyColumn, desc, type SQL, sql } from 'drizzle-orm'

/** Where a page of a list ended: the time (ISO, milliseconds) and the id of its last row. */
export type Cursor = { readonly at: string; readonly id: string }
export type Page = { readonly after?: Cursor | undefined; readonly limit: number }

// Cursors carry milliseconds, rows microseconds: both sides are compared in milliseconds.
const moment = (at: AnyColumn) => sql`date_trunc('milliseconds', ${at})`

/** Rows that come after the cursor in `newestFirst`. */
export const beyond = (at: AnyColumn, id: AnyColumn, after: Cursor | undefined): SQL | undefined =>
  after && sql`(${moment(at)}, ${id}) < (${after.at}::text::timestamptz, ${after.id}::text::uuid)`

export const newestFirst = (at: AnyColumn, id: AnyColumn): [SQL, SQL] => [desc(moment(at)), desc(id)]
