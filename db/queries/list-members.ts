import type { Writable } from 'node:stream'
import type { ReservedSql } from 'postgres'
import type { Runner, Sql } from '../connect.ts'

/**
 * Loads of a static audience's members. A load is written aside under a number of its own and counts from the moment the
 * audience points at it. The load before it stays until the next upload: a snapshot may be reading it.
 */
export type Load = { readonly audienceId: string; readonly loadNo: number }

/** Takes COPY text: audience id, load number, member key, sealed row. */
export const writeLoad = (session: ReservedSql): Promise<Writable> =>
  session`copy audience_member (audience_id, load_no, member_key, row) from stdin`.writable()

/** Makes a load the current one. Returns how many members it has. */
export function switchLoad(sql: Sql, { audienceId, loadNo }: Load): Promise<number> {
  return sql.begin(async (tx) => {
    await tx`select from audience where id = ${audienceId} for update`
    const size = await countLoad(tx, { audienceId, loadNo })
    await tx`update audience set load_no = ${loadNo}, size = ${size}, updated_at = now() where id = ${audienceId}`
    return size
  })
}

/** Puts the members of a load into the current one, over those that are there. Returns how many there are then. */
export function mergeLoad(sql: Sql, { audienceId, loadNo }: Load): Promise<number> {
  return sql.begin(async (tx) => {
    const [row] = await tx<
      { current: number }[]
    >`select load_no as current from audience where id = ${audienceId} for update`
    const current = row?.current ?? 0
    await tx`
      insert into audience_member (audience_id, load_no, member_key, row)
      select audience_id, ${current}::bigint, member_key, row from audience_member
      where audience_id = ${audienceId} and load_no = ${loadNo}
      on conflict (audience_id, load_no, member_key) do update set row = excluded.row`
    await tx`delete from audience_member where audience_id = ${audienceId} and load_no = ${loadNo}`
    return rememberSize(tx, { audienceId, loadNo: current })
  })
}

/** Takes members out of the current load. Returns how many were in it, and how many are left. */
export function removeMembers(
  sql: Sql,
  audienceId: string,
  memberKeys: readonly string[],
): Promise<{ removed: number; size: number }> {
  return sql.begin(async (tx) => {
    const [row] = await tx<
      { current: number }[]
    >`select load_no as current from audience where id = ${audienceId} for update`
    const current = row?.current ?? 0
    const gone = await tx`
      delete from audience_member where audience_id = ${audienceId} and load_no = ${current}
        and member_key = any(${[...memberKeys]}::uuid[])`
    return { removed: gone.count, size: await rememberSize(tx, { audienceId, loadNo: current }) }
  })
}

/** Drops the loads that are neither this one nor the current one: the one before, and what broken uploads left. */
export async function dropOtherLoads(run: Runner, { audienceId, loadNo }: Load): Promise<void> {
  await run`
    delete from audience_member m using audience a
    where m.audience_id = ${audienceId} and a.id = m.audience_id and m.load_no not in (${loadNo}::bigint, a.load_no)`
}

export async function dropLoad(run: Runner, { audienceId, loadNo }: Load): Promise<void> {
  await run`
    delete from audience_member m using audience a
    where m.audience_id = ${audienceId} and a.id = m.audience_id and m.load_no = ${loadNo} and a.load_no <> ${loadNo}`
}

/** Some sealed rows of a load, in no particular order. */
export async function sampleLoad(run: Runner, { audienceId, loadNo }: Load, rows: number): Promise<Buffer[]> {
  const found = await run<{ row: Buffer }[]>`
    select row from audience_member where audience_id = ${audienceId} and load_no = ${loadNo} limit ${rows}`
  return found.map(({ row }) => row)
}

async function countLoad(run: Runner, { audienceId, loadNo }: Load): Promise<number> {
  const [row] = await run<{ size: number }[]>`
    select count(*) as size from audience_member where audience_id = ${audienceId} and load_no = ${loadNo}`
  return row?.size ?? 0
}

async function rememberSize(run: Runner, load: Load): Promise<number> {
  const size = await countLoad(run, load)
  await run`update audience set size = ${size}, updated_at = now() where id = ${load.audienceId}`
  return size
}
