import type { Sql } from '../connect.ts'

/** The sealed rows of a static audience's load, some thousands at a time. */
export async function* staticMembers(sql: Sql, audienceId: string, loadNo: number): AsyncIterable<Buffer[]> {
  const cursor = sql<{ row: Buffer }[]>`
    select row from audience_member where audience_id = ${audienceId} and load_no = ${loadNo}`.cursor(2_000)
  for await (const rows of cursor) yield rows.map(({ row }) => row)
}
