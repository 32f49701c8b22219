import type { ReservedSql } from 'postgres'
import type { Runner, Sql } from '../connect.ts'
import { copyIn } from '../copy.ts'

/*
 * Members of a static audience. An upload is written aside, into a temporary table of its session, and put into the list
 * in one transaction. Whoever reads the list finds its load and reads it in one statement, and so sees one upload whole.
 */
type Load = { readonly audienceId: string; readonly loadNo: number }

/** What an upload is written aside to; it is gone with the session at the latest. */
export async function openUpload(session: ReservedSql): Promise<void> {
  await session`drop table if exists upload`
  await session`create temp table upload (no bigint not null, member_key uuid not null, row bytea not null)`
}

export async function closeUpload(session: ReservedSql): Promise<void> {
  await session`drop table if exists upload`
}

/** Writes lines of COPY text aside: the row's number from 1, the member key, the sealed row. */
export const writeUpload = (session: ReservedSql, lines: AsyncIterable<string>): Promise<void> =>
  copyIn(session, 'copy upload (no, member_key, row) from stdin', lines)

/** The row that repeats the member id of an earlier one, by number, if there is any. */
export async function firstRepetition(session: ReservedSql): Promise<number | undefined> {
  const [row] = await session<{ no: number }[]>`
    select min(no) as no from (
      select no, row_number() over (partition by member_key order by no) as nth from upload) numbered
    where nth = 2 having min(no) is not null`
  return row?.no
}

/**
 * Puts the upload in the place of the list (`replace`), or over it; `memberId` is the field that names its members. Returns
 * how many members the list has then.
 */
export async function takeUpload(
  session: ReservedSql,
  { audienceId, loadNo, memberId, mode }: Load & { memberId: string; mode: 'replace' | 'upsert' },
): Promise<number> {
  await session`begin`
  try {
    const current = await lockLoad(session, audienceId)
    const into = mode === 'upsert' && current > 0 ? current : loadNo
    await session`
      insert into audience_member (audience_id, load_no, member_key, row)
      select ${audienceId}::uuid, ${into}::bigint, member_key, row from upload
      on conflict (audience_id, load_no, member_key) do update set row = excluded.row`
    await session`delete from audience_member where audience_id = ${audienceId} and load_no <> ${into}`
    await session`update audience set member_id = ${memberId} where id = ${audienceId}`
    const size = await rememberSize(session, { audienceId, loadNo: into })
    await session`commit`
    return size
  } catch (error) {
    await session`rollback`
    throw error
  }
}

/** Takes members out of the list. Returns how many were in it, and how many are left. */
export function removeMembers(
  sql: Sql,
  audienceId: string,
  memberKeys: readonly string[],
): Promise<{ removed: number; size: number }> {
  return sql.begin(async (tx) => {
    const loadNo = await lockLoad(tx, audienceId)
    const gone = await tx`
      delete from audience_member where audience_id = ${audienceId} and load_no = ${loadNo}
        and member_key = any(${[...memberKeys]}::uuid[])`
    return { removed: gone.count, size: await rememberSize(tx, { audienceId, loadNo }) }
  })
}

/** Some sealed rows of a list, in no particular order. */
export async function sampleList(run: Runner, audienceId: string, rows: number): Promise<Buffer[]> {
  const found = await run<{ row: Buffer }[]>`
    select m.row from audience a join audience_member m on m.audience_id = a.id and m.load_no = a.load_no
    where a.id = ${audienceId} limit ${rows}`
  return found.map(({ row }) => row)
}

async function lockLoad(run: Runner, audienceId: string): Promise<number> {
  const [row] = await run<{ current: number }[]>`
    select load_no as current from audience where id = ${audienceId} for update`
  return row?.current ?? 0
}

async function rememberSize(run: Runner, { audienceId, loadNo }: Load): Promise<number> {
  const [row] = await run<{ size: number }[]>`
    select count(*) as size from audience_member where audience_id = ${audienceId} and load_no = ${loadNo}`
  const size = row?.size ?? 0
  await run`
    update audience set load_no = ${loadNo}, size = ${size}, updated_at = now() where id = ${audienceId}`
  return size
}
