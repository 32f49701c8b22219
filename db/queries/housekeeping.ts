import type { Runner, Sql } from '../connect.ts'
import { refreshShare } from './deliver.ts'
import { dropLedger } from './ledger-table.ts'
import { requestRun } from './refresh.ts'
import { type Closed, closeSettled } from './settle.ts'
import { claimStageNow, releaseStage } from './stage.ts'

/**
 * Audiences that should have a workflow; `wished`: one has not noticed for a while that a run is wanted, that a retry is due,
 * or that it is to be archived as it is.
 */
export function livingAudiences(run: Runner): Promise<{ id: string; name: string; wished: boolean }[]> {
  return run<{ id: string; name: string; wished: boolean }[]>`
    select a.id, a.name, not a.paused
      and not exists (select from run r where r.audience_id = a.id and r.status = 'running')
      and (exists (select from run r where r.audience_id = a.id and r.status = 'requested'
          and r.requested_at < now() - interval '30 seconds')
        or exists (select from sync s where s.audience_id = a.id and s.deleted_at is null
          and (s.enabled or s.intent = 'empty') and s.retry_at < now() - interval '30 seconds')
        or (a.status = 'archiving' and a.archive_members = 'keep' and a.updated_at < now() - interval '30 seconds'
          and not exists (select from sync s join delivery d on d.sync_id = s.id
            where s.audience_id = a.id and d.status in ('planned', 'hashing', 'uploading')))) as wished
    from audience a where a.status in ('active', 'archiving')`
}

/**
 * Asks for the run of every sync that is to be emptied and for which nobody has asked since: whoever wanted it was
 * interrupted between the two. One that had its run, whatever became of it, is left to that run's own retry.
 */
export async function wishForgottenEmptyings(sql: Sql): Promise<void> {
  const stranded = await sql<{ audienceId: string }[]>`
    select distinct s.audience_id as "audienceId" from sync s
      join audience a on a.id = s.audience_id and a.status in ('active', 'archiving')
      join destination t on t.id = s.destination_id and t.status = 'connected'
    where s.intent = 'empty' and s.deleted_at is null and s.updated_at < now() - interval '30 seconds'
      and s.retry_at is null
      and exists (select from ledger l where l.sync_no = s.no and l.state <> 'unusable')
      and not exists (select from delivery d where d.sync_id = s.id and d.status in ('planned', 'hashing', 'uploading', 'held'))
      and not exists (select from run r where r.audience_id = s.audience_id
        and (r.status in ('requested', 'running') or coalesce(r.started_at, r.requested_at) >= s.updated_at))`
  for (const { audienceId } of stranded) await requestRun(sql, audienceId, 'settings')
}

/**
 * Asks for a run where a platform would soon forget members of a sync and no run comes by itself in time: of a static audience,
 * or of one with a long refresh interval. At most one an hour.
 */
export async function wishExpiring(sql: Sql): Promise<void> {
  const due = await sql<{ audienceId: string }[]>`
    select distinct s.audience_id as "audienceId" from sync s
      join audience a on a.id = s.audience_id and a.status = 'active' and not a.paused
      join destination t on t.id = s.destination_id and t.status = 'connected'
    where s.enabled and s.intent = 'match' and s.deleted_at is null and s.list_forgets_after_ms is not null
      and exists (select from batch b where b.sync_no = s.no and b.operation = 'add' and b.state in ('accepted', 'confirmed')
        and b.answered_at < now() - s.list_forgets_after_ms * ${refreshShare}::float8 * interval '1 ms'
        and exists (select from ledger l where l.sync_no = s.no and l.batch_id = b.id and l.state = 'added'))
      and not exists (select from run r where r.audience_id = s.audience_id and (r.status in ('requested', 'running')
        or coalesce(r.started_at, r.requested_at) > now() - interval '1 hour'))`
  for (const { audienceId } of due) await requestRun(sql, audienceId, 'expiring')
}

export type StrayDelivery = { id: string; syncId: string; audienceId: string; name: string }

export type OpenDelivery = StrayDelivery & {
  status: 'planned' | 'hashing' | 'uploading' | 'held'
  cancelRequested: boolean
  approvedLeaves: number | null
}

/** Deliveries that some workflow should be working on, for a while already, with what people want of each. */
export function openDeliveries(run: Runner): Promise<OpenDelivery[]> {
  return run<OpenDelivery[]>`
    select d.id, d.sync_id as "syncId", s.audience_id as "audienceId", d.status, d.cancel_requested as "cancelRequested",
      d.approved_leaves as "approvedLeaves", t.name || coalesce(' · ' || s.list_name, '') as name
    from delivery d join sync s on s.id = d.sync_id join destination t on t.id = s.destination_id
    where d.status in ('planned', 'hashing', 'uploading', 'held') and d.started_at < now() - interval '30 seconds'`
}

/** Deliveries whose uploads are done and whose receipts somebody should be following. */
export function unsettledDeliveries(run: Runner): Promise<StrayDelivery[]> {
  return run<StrayDelivery[]>`
    select d.id, d.sync_id as "syncId", s.audience_id as "audienceId", t.name || coalesce(' · ' || s.list_name, '') as name
    from delivery d join sync s on s.id = d.sync_id join destination t on t.id = s.destination_id
    where d.settled_at is null and d.uploaded_at < now() - interval '30 seconds'
      and d.status not in ('planned', 'hashing', 'uploading')
      and exists (select from batch b where b.delivery_id = d.id and b.state = 'accepted' and b.final_at is null)`
}

/**
 * Closes deliveries that ended with all receipts final, which it returns, and runs that nobody closed. Where a delivery's
 * own workflow comes too late to close it, a run that was missed meanwhile is asked for here.
 */
export async function closeForgotten(sql: Sql): Promise<Closed[]> {
  const closed = await closeSettled(sql, null)
  for (const { audienceId, missed } of closed) if (missed) await requestRun(sql, audienceId, 'caught_up')
  await sql`
    update run r set settled_at = now() where r.status = 'done' and r.settled_at is null
      and not exists (select from delivery d where d.run_id = r.id
        and (d.settled_at is null or d.status in ('planned', 'hashing', 'uploading', 'held')))`
  return closed
}

/** Tables of snapshots and plans that nothing refers to and nobody is writing. Returns how many were dropped. */
export async function sweepStages(sql: Sql): Promise<number> {
  const session = await sql.reserve()
  try {
    const tables = await session<{ name: string; no: number }[]>`
      select c.relname as name, substring(c.relname from '^(?:stage|plan)_([0-9]+)$')::int as no from pg_class c
      where c.relname ~ '^(stage|plan)_[0-9]+$' and c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace
        and not exists (select from run r where r.status = 'running' and r.stage_no::text = substring(c.relname from '[0-9]+$'))
        and not exists (select from delivery d where d.status in ('planned', 'hashing')
          and d.plan_no::text = substring(c.relname from '[0-9]+$'))`
    let dropped = 0
    for (const { name, no } of tables) {
      if (!(await claimStageNow(session, no))) continue
      await session.unsafe(`drop table if exists ${name}`).finally(() => releaseStage(session, no))
      dropped++
    }
    return dropped
  } finally {
    session.release()
  }
}

/** Syncs that were deleted leave their part of the ledger behind; it goes here. */
export async function dropDeletedLedgers(sql: Sql): Promise<number> {
  const rows = await sql<{ no: number }[]>`
    select no from sync where deleted_at is not null and to_regclass('ledger_' || no) is not null
      and not exists (select from delivery d where d.sync_id = sync.id and d.status in ('planned', 'hashing', 'uploading', 'held'))`
  for (const { no } of rows) await dropLedger(sql, no)
  return rows.length
}

/** What is older than it is kept: runs with their deliveries and batches, answers to repeated writes, the audit log. */
export async function dropOld(sql: Sql): Promise<void> {
  await sql`
    delete from run r where r.requested_at < now() - interval '90 days' and r.status in ('done', 'failed')
      and not exists (select from delivery d join batch b on b.delivery_id = d.id join ledger l on l.batch_id = b.id
        where d.run_id = r.id)`
  await sql`delete from idempotency where created_at < now() - interval '1 day'`
  await sql`delete from audit_log where at < now() - interval '400 days'`
}

/**
 * Makes the next months' partitions of the history of members, and drops those past 90 days. The month in which a
 * deployment begins stays in the default partition.
 */
export async function turnHistory(sql: Sql, now: Date): Promise<void> {
  for (const ahead of [1, 2]) await addMonth(sql, monthOf(now, ahead), monthOf(now, ahead + 1))
  const old = await sql<{ name: string }[]>`
    select c.relname as name from pg_class c join pg_inherits i on i.inhrelid = c.oid
    where i.inhparent = 'member_history'::regclass and c.relname ~ '^member_history_[0-9]{4}_[0-9]{2}$'
      and to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' < ${now}::timestamptz - interval '90 days'`
  for (const { name } of old) await sql.unsafe(`drop table ${name}`)
  await sql`delete from member_history_other where at < ${now}::timestamptz - interval '90 days'`
}

const monthOf = (now: Date, ahead: number) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1))

/** Rows of that month that are in the default partition already move with it: PostgreSQL refuses the partition otherwise. */
async function addMonth(sql: Sql, from: Date, to: Date): Promise<void> {
  const name = `member_history_${from.toISOString().slice(0, 7).replace('-', '_')}`
  const [found] = await sql`select where to_regclass(${name}) is not null`
  if (found) return
  await sql.begin(async (tx) => {
    await tx.unsafe(`create table ${name} (like member_history including defaults)`)
    await tx.unsafe(
      `with moved as (delete from member_history_other where at >= $1 and at < $2 returning *)
        insert into ${name} select * from moved`,
      [from, to],
    )
    await tx.unsafe(`alter table member_history attach partition ${name}
      for values from ('${from.toISOString()}') to ('${to.toISOString()}')`)
  })
}
