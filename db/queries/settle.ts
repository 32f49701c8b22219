import type { Runner, Sql } from '../connect.ts'
import type { Problem } from '../schema/columns.ts'
import { countOutcome } from './finish.ts'
import { retryAfter } from './retry-delay.ts'
import { forgetRemoved, rejectMembers } from './upload.ts'

export type OpenReceipt = {
  id: number
  operation: 'add' | 'remove'
  listId: string
  reference: string
  rows: number
  answeredAt: Date
  /** Due now; else in so many milliseconds. */
  dueInMs: number
}

/** Receipts of a delivery that are not final, soonest first. */
export function openReceipts(run: Runner, deliveryId: string): Promise<OpenReceipt[]> {
  return run<OpenReceipt[]>`
    select id, operation, list_id as "listId", coalesce(reference, '') as reference, rows, answered_at as "answeredAt",
      greatest(0, ceil(extract(epoch from coalesce(ask_at, now()) - now()) * 1000))::int as "dueInMs"
    from batch where delivery_id = ${deliveryId} and state = 'accepted' and final_at is null order by ask_at, id`
}

export async function askLater(run: Runner, batchId: number, afterMs: number): Promise<void> {
  await run`update batch set ask_at = now() + ${afterMs} * interval '1 ms' where id = ${batchId} and final_at is null`
}

export type FinalWord = {
  state: 'accepted' | 'confirmed' | 'rejected' | 'unconfirmed'
  received?: number | undefined
  refused?: number | undefined
  matched?: number | undefined
  notes?: Readonly<Record<string, string | number>> | undefined
  ids?: ReadonlyMap<string, string> | undefined
  reasons?: Readonly<Record<string, number>> | undefined
}

/** Stores the platform's last word on a batch. It changes only members that still carry this batch's id. */
export function storeFinalWord(
  sql: Sql,
  batch: { id: number; syncNo: number; operation: 'add' | 'remove'; deliveryId: string },
  word: FinalWord,
  rejected: ReadonlyMap<string, string>,
): Promise<void> {
  return sql.begin(async (tx) => {
    const [row] = await tx<{ phase: string }[]>`
      update batch set state = ${word.state}, final_at = now(), ask_at = null, received = coalesce(${word.received ?? null}, received),
        refused = coalesce(${word.refused ?? null}, refused), matched = ${word.matched ?? null},
        reasons = coalesce(${word.reasons ? tx.json(word.reasons) : null}, reasons), notes = ${word.notes ? tx.json(word.notes) : null}
      where id = ${batch.id} and state = 'accepted' and final_at is null returning phase`
    if (!row) return
    if (word.ids) await keepIds(tx, batch, word.ids)
    await rejectMembers(tx, batch.syncNo, batch.id, rejected)
    if (word.state === 'rejected') {
      const reason = Object.keys(word.reasons ?? {})[0] ?? 'refused by the platform'
      const keys = await tx<{ member_key: string }[]>`
        select member_key from ledger where sync_no = ${batch.syncNo} and batch_id = ${batch.id}`
      await rejectMembers(tx, batch.syncNo, batch.id, new Map(keys.map((key) => [key.member_key, reason])))
    }
    const gone = batch.operation === 'remove' && (word.state === 'confirmed' || word.state === 'accepted')
    const forgotten = gone ? await forgetRemoved(tx, batch.syncNo, batch.id) : 0
    // who was removed to come again under other identifiers comes now
    if (row.phase === 'update_remove' && forgotten > 0)
      await tx`update sync set missed = true where no = ${batch.syncNo}`
    await countOutcome(tx, batch.deliveryId)
  })
}

/** The platform's own ids of members that still carry this batch's id. */
async function keepIds(
  run: Runner,
  batch: { id: number; syncNo: number },
  ids: ReadonlyMap<string, string>,
): Promise<void> {
  await run`
    update ledger l set platform_id = i.id
    from unnest(${[...ids.keys()]}::uuid[], ${[...ids.values()]}::text[]) i(member_key, id)
    where l.sync_no = ${batch.syncNo} and l.member_key = i.member_key and l.batch_id = ${batch.id}`
}

export type Closed = {
  id: string
  runId: string
  syncId: string
  audienceId: string
  /** A run passed the sync by meanwhile: it is to be caught up. */
  missed: boolean
  /** The sync is to be tried again at some time, of which its audience may not know yet. */
  toBeRetried: boolean
}

type Judged = Omit<Closed, 'toBeRetried'> & {
  status: string
  retryAt: Date | null
  /** Members that the platform took and that may not have arrived. */
  lost: number
  /** Members who are in a list that is to be emptied, because their removal was refused. */
  stuck: number
}

/**
 * Closes a delivery, or with null all of them, whose uploads have ended and whose last receipt is final, and returns what it
 * closed. Only here it is known how a delivery went, so what was sent in vain waits for its retry from here on.
 */
export function closeSettled(sql: Sql, deliveryId: string | null): Promise<Closed[]> {
  return sql.begin(async (tx) => {
    if (deliveryId) await countOutcome(tx, deliveryId)
    const judged = await tx<Judged[]>`
      update delivery d set settled_at = now(), status = case d.status when 'uploaded' then 'settled' else d.status end
      from sync s
      where (${deliveryId}::uuid is null or d.id = ${deliveryId}::uuid) and s.id = d.sync_id and d.settled_at is null
        and d.status not in ('planned', 'hashing', 'uploading', 'held')
        and not exists (select from batch b where b.delivery_id = d.id and b.final_at is null)
      returning d.id, d.run_id as "runId", d.sync_id as "syncId", s.audience_id as "audienceId", s.missed, d.status,
        s.retry_at as "retryAt", (select coalesce(sum(b.rows), 0) from batch b
          where b.delivery_id = d.id and b.state = 'unconfirmed' and b.answered_at is not null) as lost,
        (select coalesce(sum(b.refused), 0) from batch b
          where b.delivery_id = d.id and d.goal = 'empty' and s.intent = 'empty' and s.deleted_at is null) as stuck`
    const closed: Closed[] = []
    for (const { status, retryAt, lost, stuck, ...delivery } of judged) {
      const vain = stuck > 0 ? notEmptied(stuck) : lost > 0 ? notAllArrived(lost) : undefined
      if (vain) await retryAgain(tx, delivery.syncId, vain)
      else if (status === 'settled')
        await tx`update sync set retry_step = 0 where id = ${delivery.syncId} and retry_step > 0`
      closed.push({ ...delivery, toBeRetried: vain !== undefined || retryAt !== null })
    }
    return closed
  })
}

/** What was in vain once may be so each time, so the wait grows with each. */
async function retryAgain(run: Runner, syncId: string, problem: Problem): Promise<void> {
  await run`
    update sync set retry_step = retry_step + 1, recheck = true, problem = ${run.json(problem)},
      retry_at = least(retry_at, now() + ${retryAfter(run)})
    where id = ${syncId}`
}

const notAllArrived = (members: number): Problem => ({
  code: 'not_all_arrived',
  what: `The platform took ${members} members and never confirmed that all of them arrived: it counted fewer, or did not say in time.`,
  whose: 'nobody: they are sent again',
  next: 'Nothing to do. If it lasts, check the list at the platform.',
  at: new Date().toISOString(),
})

const notEmptied = (members: number): Problem => ({
  code: 'not_emptied',
  what: `The list is not empty: the platform refused the removal of ${members} members, and they may still be in it.`,
  whose: 'nobody: they are removed again by themselves; if it lasts, whoever looks after the account at the platform',
  next: 'Look at the list at the platform if this lasts. Where nobody can empty it, delete the sync with DELETE /v1/syncs/{id}?members=keep.',
  at: new Date().toISOString(),
})
