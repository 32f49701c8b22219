import type { Sql } from '../connect.ts'

/**
 * The sealed rows of a static audience, some thousands at a time. One statement finds the load and reads it, so an upload
 * that takes its place meanwhile changes nothing of what is read.
 */
export async function* staticMembers(sql: Sql, audienceId: string): AsyncIterable<Buffer[]> {
  const cursor = sql<{ row: Buffer }[]>`
    select m.row from audience a join audience_member m on m.audience_id = a.id and m.load_no = a.load_no
    where a.id = ${audienceId}`.cursor(2_000)
  for await (const rows of cursor) yield rows.map(({ row }) => row)
}
