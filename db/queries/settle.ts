import type { Runner, Sql } from '../connect.ts'
import { countOutcome } from './finish.ts'
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
    // who was removed to come again under other identifiers comes now, and what was not confirmed goes out again
    if (word.state === 'unconfirmed' || (row.phase === 'update_remove' && forgotten > 0))
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

/** Marks the delivery as settled when its last receipt is final and no more can come. */
export async function closeSettled(
  run: Runner,
  deliveryId: string,
): Promise<{ runId: string; audienceId: string; missed: boolean } | undefined> {
  await countOutcome(run, deliveryId)
  const [row] = await run<{ runId: string; audienceId: string; missed: boolean }[]>`
    update delivery d set settled_at = now(), status = case d.status when 'uploaded' then 'settled' else d.status end
    from sync s
    where d.id = ${deliveryId} and s.id = d.sync_id and d.settled_at is null
      and d.status not in ('planned', 'hashing', 'uploading', 'held')
      and not exists (select from batch b where b.delivery_id = d.id and b.final_at is null)
    returning d.run_id as "runId", s.audience_id as "audienceId", s.missed`
  return row
}
