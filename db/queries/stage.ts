import type { Runner, Sql } from '../connect.ts'
import { copyIn } from '../copy.ts'
import { partNames, partsSql } from './ledger-table.ts'

export const stageTable = (no: number) => `stage_${no}`
export const planTable = (no: number) => `plan_${no}`

/** A number that no other attempt at a snapshot or a plan has. */
export async function nextStageNo(run: Runner): Promise<number> {
  const [row] = await run<{ no: number }[]>`select nextval('stage_no') as no`
  return row?.no ?? 0
}

/**
 * Held for as long as a session works on the tables of this number, so that housekeeping does not take them for
 * leftovers. It ends with the session, however that ends.
 */
export async function claimStage(run: Runner, no: number): Promise<void> {
  await run`select pg_advisory_lock(7240116, ${no})`
}

/** The same, unless somebody else has it. */
export async function claimStageNow(run: Runner, no: number): Promise<boolean> {
  const [lock] = await run<{ mine: boolean }[]>`select pg_try_advisory_lock(7240116, ${no}) as mine`
  return lock?.mine ?? false
}

export async function releaseStage(run: Runner, no: number): Promise<void> {
  await run`select pg_advisory_unlock(7240116, ${no})`
}

/** An unlogged table for one attempt at a snapshot: member key, a fingerprint per set of fields, the raw row. */
export async function createStage(run: Runner, no: number, sets: number, parts: number): Promise<void> {
  const table = stageTable(no)
  const fingerprints = Array.from({ length: sets }, (_, set) => `f${set} bigint not null`).join(', ')
  const columns = `member_key uuid not null, ${fingerprints}${sets ? ', ' : ''}row bytea not null`
  await run.unsafe(
    parts === 1
      ? `create unlogged table ${table} (${columns}) with (autovacuum_enabled = off)`
      : `create table ${table} (${columns}) partition by hash (member_key); ${partsSql(table, parts, 'unlogged')}`,
  )
}

/** Writes rows in the format of binary COPY into the stage. */
export const writeStage = (run: Runner, no: number, rows: AsyncIterable<Buffer>): Promise<void> =>
  copyIn(run, `copy ${stageTable(no)} from stdin (format binary)`, rows)

/** Rows in the stage now. Fewer than were recorded means that it vanished: PostgreSQL empties unlogged tables in a crash. */
export async function countStage(run: Runner, no: number): Promise<number> {
  const [row] = await run.unsafe<{ rows: number }[]>(`select count(*)::bigint as rows from ${stageTable(no)}`)
  return row?.rows ?? 0
}

export async function stageExists(run: Runner, table: string): Promise<boolean> {
  const [row] = await run<{ found: boolean }[]>`select to_regclass(${table}) is not null as found`
  return row?.found ?? false
}

export async function dropStage(sql: Sql, no: number): Promise<void> {
  await sql.unsafe(`drop table if exists ${stageTable(no)}`)
}

export async function dropPlan(run: Runner, no: number): Promise<void> {
  await run.unsafe(`drop table if exists ${planTable(no)}`)
}

export const stageParts = (no: number, parts: number) => partNames(stageTable(no), parts)
