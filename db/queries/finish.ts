import type { Runner, Sql } from '../connect.ts'
import type { Problem } from '../schema/columns.ts'
import type { Wish } from '../schema/delivery.ts'
import { requestRun } from './refresh.ts'
import { retryAfter } from './retry-delay.ts'
import { dropPlan } from './stage.ts'

export type Ending = 'uploaded' | 'superseded' | 'cancelled' | 'discarded' | 'failed'

type Ended = {
  run_id: string
  sync_id: string
  plan_no: number
  problem: Problem | null
  audience_id: string
  missed: boolean
  wishes: Wish[]
  emptying: boolean
}

/**
 * Ends a delivery: what was never sent is dropped, what was prepared goes, and the sync learns how it went. Wishes of the
 * sync that it could not do to the end are wishes again. With `retry` the sync asks for a retry run; `onlyHeld` leaves a
 * delivery alone that goes out meanwhile. Returns the audience, whose workflow may have more to do.
 */
export function finishDelivery(
  sql: Sql,
  deliveryId: string,
  end: { status: Ending; problem?: Problem | undefined; retry: boolean; onlyHeld?: boolean },
): Promise<{ audienceId: string; runId: string } | undefined> {
  return sql.begin(async (tx) => {
    const [row] = await tx<Ended[]>`
      update delivery d set status = ${end.status}, uploaded_at = coalesce(uploaded_at, now()), lease_no = lease_no + 1,
        lease_until = null, problem = coalesce(${end.problem ? tx.json(end.problem) : null}, d.problem)
      from sync s
      where d.id = ${deliveryId} and s.id = d.sync_id 
        and d.status = any(${end.onlyHeld ? ['held'] : ['planned', 'hashing', 'uploading', 'held']}::text[])
      returning d.run_id, d.sync_id, d.plan_no, d.problem, s.audience_id, s.missed, d.wishes,
        s.intent = 'empty' and s.deleted_at is null as emptying`
    if (!row) return undefined
    await tx`update batch set state = 'dropped', final_at = now() where delivery_id = ${deliveryId} and state = 'prepared'`
    await tx`update batch set state = 'unconfirmed', final_at = now() where delivery_id = ${deliveryId} and state = 'sending'`
    await tx`delete from change where delivery_id = ${deliveryId}`
    await dropPlan(tx, row.plan_no)
    await countOutcome(tx, deliveryId)
    if (end.status !== 'uploaded' && row.wishes.length > 0) {
      await tx`
        update sync set resync = resync or ${row.wishes.includes('resync')}::bool,
          retry_rejected = retry_rejected or ${row.wishes.includes('retry_rejected')}::bool,
          recheck = recheck or ${row.wishes.includes('recheck')}::bool,
          baseline = baseline or ${row.wishes.includes('baseline')}::bool
        where id = ${row.sync_id}`
    }
    if (end.status === 'uploaded') {
      // members that were refused are tried again in a week, also where no interval brings the next run
      await tx`
        update sync set problem = null, last_delivered_at = now(),
          retry_at = case when exists (select from batch b where b.delivery_id = ${deliveryId} and b.refused > 0)
            then now() + interval '7 days' end
        where id = ${row.sync_id}`
    }
    // an emptying goes on by itself: the audience may be archiving, and then nobody can ask for a run
    if (end.retry || (end.status === 'failed' && row.emptying)) {
      await tx`
        update sync set retry_step = retry_step + 1, recheck = true, problem = ${row.problem && tx.json(row.problem)},
          retry_at = now() + ${retryAfter(tx)}
        where id = ${row.sync_id}`
    } else if (end.status === 'failed') {
      await tx`update sync set problem = ${row.problem && tx.json(row.problem)}, recheck = true where id = ${row.sync_id}`
    }
    const superseded = end.status === 'superseded'
    if (row.missed || superseded) {
      await tx`update sync set missed = false where id = ${row.sync_id}`
      await requestRun(tx, row.audience_id, superseded ? 'settings' : 'caught_up')
    }
    return { audienceId: row.audience_id, runId: row.run_id }
  })
}

/** Members of this delivery's batches by what became of them, as far as it is known now. */
export async function countOutcome(run: Runner, deliveryId: string): Promise<void> {
  await run`
    update delivery d set counts = d.counts || (
      select jsonb_build_object(
        'accepted', coalesce(sum(rows) filter (where state = 'accepted'), 0),
        'confirmed', coalesce(sum(rows) filter (where state = 'confirmed'), 0),
        'rejected', coalesce(sum(refused), 0))
      from batch where delivery_id = ${deliveryId} and phase <> 'update_remove')
    where d.id = ${deliveryId}`
}

/**
 * Ends what waits for a person in an audience that was archived with its members kept: there is nothing left that it could
 * wait for. Returns the syncs whose workflows wait with it.
 */
export async function discardHeldOfKept(sql: Sql, audienceId: string): Promise<string[]> {
  const held = await sql<{ id: string; syncId: string }[]>`
    select d.id, d.sync_id as "syncId" from audience a join sync s on s.audience_id = a.id
      join delivery d on d.sync_id = s.id and d.status = 'held'
    where a.id = ${audienceId} and a.archive_members = 'keep' and a.status in ('archiving', 'archived')`
  for (const { id } of held)
    await finishDelivery(sql, id, { status: 'discarded', problem: keptByArchiving(), retry: false, onlyHeld: true })
  return held.map(({ syncId }) => syncId)
}

const keptByArchiving = (): Problem => ({
  code: 'archived',
  what: 'The audience was archived and its members were kept, so the held leaves are not sent.',
  whose: 'nobody',
  next: 'Nothing to do. Activate the audience to have it in step again.',
  at: new Date().toISOString(),
})

/** A delivery waits for a person: its joins are out, and with them every wish is done; its leaves are kept as changes. */
export async function holdDelivery(run: Runner, deliveryId: string): Promise<void> {
  await run`
    update delivery d set status = 'held', uploaded_at = now(), lease_until = null, wishes = '{}',
      held_digest = (select coalesce(bit_xor(hashtextextended(c.member_key::text || coalesce(c.fingerprint::text, ''), 0)), 0)::text
        from change c where c.delivery_id = d.id)
    where d.id = ${deliveryId} and d.status in ('hashing', 'uploading')`
  await countOutcome(run, deliveryId)
}

/** That a person approved what a delivery holds, however that person said it. */
export async function noteApproval(run: Runner, deliveryId: string, leaves: number): Promise<void> {
  await run`update delivery set approved_leaves = ${leaves} where id = ${deliveryId}`
}

/** Whether everything that a sync was to be emptied of is gone, and what is to follow then. */
export type Emptied = { syncId: string; audienceId: string; no: number; afterEmpty: 'move' | 'delete' | 'rest' }

/** Syncs of an audience that were being emptied and are, with every receipt final. */
export async function emptiedSyncs(run: Runner, audienceId: string | null): Promise<Emptied[]> {
  // nearly always there is none, and then the ledger, which may be locked or large, is not asked
  const emptying = await run`
    select from sync where intent = 'empty' and deleted_at is null
      and (${audienceId}::uuid is null or audience_id = ${audienceId}::uuid) limit 1`
  if (emptying.length === 0) return []
  return run<Emptied[]>`
    select s.id as "syncId", s.audience_id as "audienceId", s.no, s.after_empty as "afterEmpty" from sync s
    where s.intent = 'empty' and s.deleted_at is null and (${audienceId}::uuid is null or s.audience_id = ${audienceId}::uuid)
      and not exists (select from ledger l where l.sync_no = s.no and l.state <> 'unusable')
      and not exists (select from delivery d where d.sync_id = s.id and d.status in ('planned', 'hashing', 'uploading', 'held'))
      and not exists (select from batch b where b.sync_no = s.no and b.state = 'accepted' and b.final_at is null)`
}

/** Does what was to follow: the sync moves to its next list, is deleted, or rests. */
export async function completeEmptying(sql: Sql, emptied: Emptied): Promise<void> {
  await sql.begin(async (tx) => {
    // first: another process may have done it since this was looked up, and the ledger may be of the next list already
    const mine = await tx`select from sync where id = ${emptied.syncId} and intent = 'empty' for update`
    if (mine.length === 0) return
    if (emptied.afterEmpty === 'delete') {
      await tx`update sync set deleted_at = now(), enabled = false, intent = 'match', after_empty = null, version = version + 1
        where id = ${emptied.syncId} and intent = 'empty'`
    } else if (emptied.afterEmpty === 'move') {
      await tx`update sync set intent = 'match', after_empty = null, list_id = next_list ->> 'id', list_name = next_list ->> 'name',
          list_created = (next_list ->> 'created')::boolean, list_accepts = nullif(next_list -> 'accepts', 'null'::jsonb),
          list_forgets_after_ms = (next_list ->> 'forgetsAfterMs')::bigint,
          list_deleted_at = null, list_checked_at = null, list_check_at = null,
          next_list = null, version = version + 1
        where id = ${emptied.syncId} and intent = 'empty'`
      await requestRun(tx, emptied.audienceId, 'settings')
    } else {
      await tx`update sync set intent = 'match', after_empty = null where id = ${emptied.syncId} and intent = 'empty'`
    }
    await tx`delete from ledger where sync_no = ${emptied.no}`
  })
}

/** Archives an audience whose removals are all final, or that keeps its members. True when it is archived now. */
export async function completeArchiving(run: Runner, audienceId: string): Promise<boolean> {
  const rows = await run`
    update audience a set status = 'archived', next_refresh_at = null, updated_at = now()
    where a.id = ${audienceId} and a.status = 'archiving'
      and not exists (select from sync s where s.audience_id = a.id and s.deleted_at is null and s.intent = 'empty')
      and not exists (select from sync s join delivery d on d.sync_id = s.id
        where s.audience_id = a.id and d.status in ('planned', 'hashing', 'uploading'))
    returning id`
  if (rows.length > 0)
    await run`update run set status = 'failed', finished_at = now(), settled_at = now(), problem = ${run.json(archived())}
    where audience_id = ${audienceId} and status = 'requested'`
  return rows.length > 0
}

const archived = (): Problem => ({
  code: 'archived',
  what: 'The audience was archived before this run began.',
  whose: 'nobody',
  next: 'Nothing to do. Activate the audience to have it in step again.',
  at: new Date().toISOString(),
})

/** What went wrong with a delivery, kept before it ends. */
export async function recordProblem(run: Runner, deliveryId: string, problem: Problem): Promise<void> {
  await run`update delivery set problem = ${run.json(problem)} where id = ${deliveryId}`
}
