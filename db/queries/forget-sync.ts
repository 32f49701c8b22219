import { inArray, type SQL, sql } from 'drizzle-orm'
import { sync } from '../schema/sync.ts'
import { ledgerTable } from './ledger-table.ts'
import type { OrmRunner } from './orm-runner.ts'

/** Drops what a sync's ledger knows; the timeline of each person keeps it. `event` says why, such as `list_changed`. */
export async function forgetLedger(orm: OrmRunner, syncNo: number, event: string): Promise<void> {
  await orm.execute(sql`
    insert into member_history (sync_no, member_key, event, state, since, reason, batch_id)
    select sync_no, member_key, ${event}, state, since, reason, batch_id from ledger_member where sync_no = ${syncNo}`)
  await orm.execute(sql`delete from ledger where sync_no = ${syncNo}`)
}

/** Deletes syncs for good, with their deliveries and their parts of the ledger. */
export async function forgetSyncs(orm: OrmRunner, which: SQL | undefined): Promise<void> {
  const rows = await orm.select({ id: sync.id, no: sync.no }).from(sync).where(which).for('update')
  if (rows.length === 0) return
  for (const { no } of rows) await orm.execute(sql`drop table if exists ${sql.identifier(ledgerTable(no))}`)
  await orm.delete(sync).where(
    inArray(
      sync.id,
      rows.map(({ id }) => id),
    ),
  )
}
