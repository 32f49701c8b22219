import type { Runner, Sql } from '../connect.ts'

/** From this many members on, stage and ledger are split by member key and compared part by part. */
const largeFrom = 200_000
const largeParts = 16

/** How many partitions suit so many members. */
export const partsFor = (rows: number) => (rows >= largeFrom ? largeParts : 1)

export const ledgerTable = (syncNo: number) => `ledger_${syncNo}`

/** The tables to compare one by one: the sync's own, or its partitions by member key. */
export const partNames = (table: string, parts: number) =>
  parts === 1 ? [table] : Array.from({ length: parts }, (_, part) => `${table}_${part}`)

/** SQL that splits `table` below a partitioned parent. */
export const partsSql = (table: string, parts: number, kind: '' | 'unlogged') =>
  partNames(table, parts)
    .map(
      (name, part) =>
        `create ${kind} table ${name} partition of ${table} for values with (modulus ${parts}, remainder ${part});`,
    )
    .join('\n')

/**
 * Makes sure that the sync's part of the ledger exists and is split as its size asks for. Rewrites the table when a
 * sync has grown large, in one transaction. Returns the number of partitions.
 */
export async function ensureLedger(sql: Sql, syncNo: number, have: number, rows: number): Promise<number> {
  const parts = Math.max(have, partsFor(rows))
  const table = ledgerTable(syncNo)
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${syncNo}::bigint)`
    const [found] = await tx<{ parts: number | null }[]>`
      select case when c.relkind = 'p' then (select count(*)::int from pg_inherits where inhparent = c.oid) else 1 end as parts
      from pg_class c where c.oid = to_regclass(${table})`
    if (found?.parts === parts) return
    if (found)
      await tx.unsafe(`alter table ledger detach partition ${table}; alter table ${table} rename to ${table}_old`)
    await tx.unsafe(
      parts === 1
        ? `create table ${table} partition of ledger for values in (${syncNo})`
        : `create table ${table} partition of ledger for values in (${syncNo}) partition by hash (member_key);
           ${partsSql(table, parts, '')}`,
    )
    if (found) await tx.unsafe(`insert into ${table} select * from ${table}_old; drop table ${table}_old`)
    await tx`update sync set ledger_parts = ${parts} where no = ${syncNo}`
  })
  return parts
}

/** Forgets all that the ledger knows of a sync. */
export async function dropLedger(run: Runner, syncNo: number): Promise<void> {
  await run.unsafe(`drop table if exists ${ledgerTable(syncNo)}`)
}
