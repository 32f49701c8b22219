import type { Runner, Sql } from '../connect.ts'
import { copyOut } from '../copy.ts'
import type { Phase } from '../schema/batch.ts'
import type { Problem } from '../schema/columns.ts'

/** The attempt that may send for a delivery: a later attempt has a higher number, and then this one may not. */
export type Lease = { readonly deliveryId: string; readonly no: number; readonly ttlMs: number }

/**
 * Takes the lease once its last holder has given it back or let it run out, and nobody else sends to the same list: two
 * syncs that add to one list go one after the other. Returns it, or how long to wait.
 */
export async function takeLease(
  sql: Sql,
  deliveryId: string,
  ttlMs: number,
): Promise<{ lease: Lease } | { waitMs: number } | { ended: true }> {
  const [taken, busyMs] = await sql.begin(async (run) => {
    const [place] = await run<{ name: string; syncId: string }[]>`
      select s.account || ' ' || s.list_id as name, s.id as "syncId" from delivery d join sync s on s.id = d.sync_id
      where d.id = ${deliveryId} and s.list_id is not null`
    if (!place) return [undefined, 0]
    await run`select pg_advisory_xact_lock(hashtextextended(${`upload ${place.name}`}, 0))`
    const [busy] = await run<{ wait: number }[]>`
      select ceil(extract(epoch from max(o.lease_until) - now()) * 1000)::int as wait
      from delivery o join sync s on s.id = o.sync_id
      where o.status = 'uploading' and o.lease_until > now() and s.id <> ${place.syncId}
        and s.account || ' ' || s.list_id = ${place.name} having max(o.lease_until) is not null`
    if (busy) return [undefined, busy.wait]
    const [row] = await run<{ no: number }[]>`
      update delivery set lease_no = lease_no + 1, lease_until = now() + ${ttlMs} * interval '1 ms'
      where id = ${deliveryId} and status = 'uploading' and (lease_until is null or lease_until <= now())
      returning lease_no as no`
    return [row, 0]
  })
  if (taken) return { lease: { deliveryId, no: taken.no, ttlMs } }
  if (busyMs > 0) return { waitMs: Math.min(busyMs, 5_000) }
  const [row] = await sql<{ status: string; wait: number }[]>`
    select status, ceil(extract(epoch from lease_until - now()) * 1000)::int as wait from delivery where id = ${deliveryId}`
  return row?.status === 'uploading' ? { waitMs: Math.max(row.wait, 10) } : { ended: true }
}

export async function giveLeaseBack(run: Runner, lease: Lease): Promise<void> {
  await run`update delivery set lease_until = null where id = ${lease.deliveryId} and lease_no = ${lease.no}`
}

export type NextBatch = {
  id: number
  number: number
  rows: number
  operation: 'add' | 'remove'
  attempts: number
  listId: string
  /** When it was first tried; null before that. */
  sentAt: Date | null
}

/** Batches of a phase that have no answer, in order, at most `limit`. */
export function unansweredBatches(run: Runner, deliveryId: string, phase: Phase, limit: number): Promise<NextBatch[]> {
  return run<NextBatch[]>`
    select id, number, rows, operation, attempts, list_id as "listId", sent_at as "sentAt" from batch
    where delivery_id = ${deliveryId} and phase = ${phase} and state in ('prepared', 'sending')
    order by number limit ${limit}`
}

export async function countUnanswered(run: Runner, deliveryId: string, phase: Phase): Promise<number> {
  const [row] = await run<{ n: number }[]>`
    select count(*) as n from batch where delivery_id = ${deliveryId} and phase = ${phase} and state in ('prepared', 'sending')`
  return row?.n ?? 0
}

/** Why a delivery may not send any more. */
export type Stop = 'lease_lost' | 'cancelled' | 'superseded' | 'disconnected'

/**
 * Before each request: holds the lease on, sees that the delivery is still wanted, and marks the batch as `sending`.
 * Returns undefined when the request may go out.
 */
export function beginSending(sql: Sql, lease: Lease, batch: { id: number; phase: Phase }): Promise<Stop | undefined> {
  return sql.begin(async (tx) => {
    const stop = await holdLease(tx, lease)
    if (stop) return stop
    if (batch.phase === 'update_add') await bringChangesIn(tx, batch.id)
    await tx`
      update batch set state = 'sending', attempts = attempts + 1, sent_at = coalesce(sent_at, now())
      where id = ${batch.id} and state in ('prepared', 'sending')`
    return undefined
  })
}

/** Holds the lease on, if the delivery is still wanted. */
export async function holdLease(run: Runner, lease: Lease): Promise<Stop | undefined> {
  const [row] = await run<{ cancelled: boolean; current: boolean; connected: boolean }[]>`
    update delivery d set lease_until = now() + ${lease.ttlMs} * interval '1 ms', waiting = null
    from sync s join destination t on t.id = s.destination_id
    where d.id = ${lease.deliveryId} and d.lease_no = ${lease.no} and d.status = 'uploading' and s.id = d.sync_id
    returning d.cancel_requested as cancelled, s.version = d.sync_version as current, t.status = 'connected' as connected`
  if (!row) return 'lease_lost'
  if (row.cancelled) return 'cancelled'
  if (!row.current) return 'superseded'
  return row.connected ? undefined : 'disconnected'
}

/** Why a row is kept that no member has: the identifiers that an update left behind, while they may still be there. */
const ofBefore = 'identifiers of before'

/**
 * The new identifiers of an update take their place in the ledger, in the moment in which they are about to be sent. Old
 * ones that are still there (their removal was refused, or the sync only adds) stay as a row under a key that no member has,
 * and with them the platform's id of whom they name.
 */
async function bringChangesIn(run: Runner, batchId: number): Promise<void> {
  await run`
    with coming as (select c.*, b.sync_no from change c join batch b on b.id = c.batch_id where c.batch_id = ${batchId}),
    told as (
      insert into member_history (sync_no, member_key, event, state, since, reason, batch_id)
      select l.sync_no, l.member_key, 'updated', l.state, l.since, l.reason, l.batch_id
      from coming c join ledger l on l.sync_no = c.sync_no and l.member_key = c.member_key
      where l.batch_id is distinct from ${batchId}),
    kept as (
      insert into ledger (sync_no, member_key, state, batch_id, since, identifiers, strong, plain, platform_id, reason, retry_at)
      select l.sync_no, md5(l.member_key::text || encode(l.identifiers, 'hex'))::uuid, 'retained', l.batch_id, l.since,
        l.identifiers, l.strong, l.plain, l.platform_id, ${ofBefore}, l.retry_at
      from coming c join ledger l on l.sync_no = c.sync_no and l.member_key = c.member_key
      where c.kind = 'update' and l.batch_id is distinct from ${batchId} and l.identifiers is not null
      on conflict do nothing)
    insert into ledger (sync_no, member_key, fingerprint, state, batch_id, identifiers, strong, plain, platform_id, event_at)
    select c.sync_no, c.member_key, c.fingerprint, 'added', ${batchId}, c.identifiers, c.strong, c.plain, l.platform_id,
      (select d.started_at + interval '1 ms' from delivery d join sync s on s.id = d.sync_id
        where d.id = c.delivery_id and s.mode = 'event')
    from coming c left join ledger l on l.sync_no = c.sync_no and l.member_key = c.member_key
      and (c.kind = 'describe' or l.batch_id = ${batchId})
    on conflict (sync_no, member_key) do update set fingerprint = excluded.fingerprint, state = 'added',
      batch_id = excluded.batch_id, identifiers = excluded.identifiers, strong = excluded.strong, plain = excluded.plain,
      platform_id = excluded.platform_id, event_at = excluded.event_at, reason = null,
      retry_at = null, since = case when ledger.state = 'added' then ledger.since else now() end`
}

/** The members of a batch as COPY in binary format: member key, packed identifiers, sealed plain values, the platform's id, time of the event. */
export const readBatchMembers = (run: Runner, syncNo: number, batchId: number): AsyncIterable<Buffer> =>
  copyOut(
    run,
    `copy (select member_key, identifiers, plain, platform_id, event_at from ledger where sync_no = ${syncNo} and batch_id = ${batchId}
      order by member_key) to stdout (format binary)`,
  )

export type StoredReceipt = {
  readonly state: 'accepted' | 'confirmed'
  /** Nothing more will be told. */
  readonly final?: true | undefined
  readonly reference?: string | undefined
  readonly received?: number | undefined
  readonly refused?: number | undefined
  readonly reasons?: Readonly<Record<string, number>> | undefined
  /** When settle is to ask first, in milliseconds from now. */
  readonly askAfterMs: number
}

/** What the platform answered, with what follows from it. False when the lease is lost: then nothing was stored. */
export function storeReceipt(
  sql: Sql,
  lease: Lease,
  batch: { id: number; syncNo: number; operation: 'add' | 'remove' },
  receipt: StoredReceipt,
  rejected: ReadonlyMap<string, string>,
  removalIsFinal: boolean,
): Promise<boolean> {
  return sql.begin(async (tx) => {
    if (!(await stillHeld(tx, lease))) return false
    const confirmed = receipt.state === 'confirmed'
    const final = confirmed || receipt.final === true
    const [row] = await tx<{ rows: number }[]>`
      update batch set state = ${receipt.state}, answered_at = now(), reference = ${receipt.reference ?? null},
        received = ${receipt.received ?? null}, refused = ${receipt.refused ?? null},
        reasons = ${receipt.reasons ? tx.json(receipt.reasons) : null},
        final_at = ${final ? tx`now()` : null},
        ask_at = ${final ? null : tx`now() + ${receipt.askAfterMs} * interval '1 ms'`}
      where id = ${batch.id} and state = 'sending' returning rows`
    if (!row) return false
    await rejectMembers(tx, batch.syncNo, batch.id, rejected)
    if (batch.operation === 'remove' && (final || removalIsFinal)) await forgetRemoved(tx, batch.syncNo, batch.id)
    await tx`delete from change where batch_id = ${batch.id}`
    return true
  })
}

/** Whether this attempt still holds the lease; locks the delivery until the transaction ends. */
async function stillHeld(run: Runner, lease: Lease, { alone = false } = {}): Promise<boolean> {
  const rows = await run`
    select from delivery where id = ${lease.deliveryId} and lease_no = ${lease.no} and status = 'uploading'
    ${alone ? run`for no key update` : run`for share`}`
  return rows.length > 0
}

/**
 * Members that the platform refused by name are set aside; they are tried again after a week, or when they change. One
 * whose removal is refused may still be held, so that stays `removing`.
 */
export async function rejectMembers(
  run: Runner,
  syncNo: number,
  batchId: number,
  rejected: ReadonlyMap<string, string>,
): Promise<void> {
  if (rejected.size === 0) return
  await run`
    update ledger l set state = case l.state when 'removing' then l.state else 'rejected' end, reason = r.reason,
      retry_at = now() + interval '7 days', since = now()
    from unnest(${[...rejected.keys()]}::uuid[], ${[...rejected.values()]}::text[]) r(member_key, reason)
    where l.sync_no = ${syncNo} and l.member_key = r.member_key and l.batch_id = ${batchId}`
  await run`
    update sync set recheck = true, retry_at = least(retry_at, now() + interval '7 days') where no = ${syncNo}`
}

/**
 * Members whose removal is final leave the ledger, and so do identifiers that an update has replaced meanwhile; whoever is
 * still in the audience but unusable stays, as that. One whose removal was refused (`retry_at`) stays as it is. Returns how
 * many left.
 */
export async function forgetRemoved(run: Runner, syncNo: number, batchId: number): Promise<number> {
  await run`
    insert into member_history (sync_no, member_key, event, state, since, reason, batch_id, event_at)
    select sync_no, member_key, 'left', 'accepted', since, reason, batch_id, event_at from ledger
    where sync_no = ${syncNo} and batch_id = ${batchId} and state = 'removing' and retry_at is null`
  await run`
    update ledger l set state = 'unusable', fingerprint = c.fingerprint, reason = c.reason, identifiers = null, strong = null,
      plain = null, platform_id = null, batch_id = null, event_at = null, since = now(), retry_at = now() + interval '7 days'
    from batch b join change c on c.delivery_id = b.delivery_id and c.kind = 'became_unusable'
    where b.id = ${batchId} and l.sync_no = ${syncNo} and l.batch_id = b.id and l.state = 'removing' and l.retry_at is null
      and l.member_key = c.member_key`
  const { count } = await run`
    delete from ledger where sync_no = ${syncNo} and batch_id = ${batchId} and retry_at is null
      and (state = 'removing' or (state = 'retained' and reason = ${ofBefore}))`
  return count
}

/** Who is still in a batch: nobody who was taken over by a later one, or left with it. */
export async function keysInBatch(run: Runner, syncNo: number, batchId: number): Promise<string[]> {
  const rows = await run<{ key: string }[]>`
    select member_key as key from ledger where sync_no = ${syncNo} and batch_id = ${batchId}`
  return rows.map(({ key }) => key)
}

/** Forgets all that a sync's ledger holds; each person's timeline says why. False when the lease is lost. */
export function forgetHeld(sql: Sql, lease: Lease, syncNo: number, event: string): Promise<boolean> {
  return sql.begin(async (tx) => {
    if (!(await stillHeld(tx, lease))) return false
    await tx`
      insert into member_history (sync_no, member_key, event, state, since, reason, batch_id)
      select sync_no, member_key, ${event}, state, since, reason, batch_id from ledger_member where sync_no = ${syncNo}`
    await tx`delete from ledger where sync_no = ${syncNo}`
    return true
  })
}

/** Two halves take the place of a batch that was refused as a whole, before either is sent. */
export function splitBatch(sql: Sql, lease: Lease, batch: { id: number; syncNo: number }): Promise<boolean> {
  return sql.begin(async (tx) => {
    // alone: another lane that splits meanwhile would give its halves the same numbers
    if (!(await stillHeld(tx, lease, { alone: true }))) return false
    const [whole] =
      await tx`update batch set state = 'split', final_at = now() where id = ${batch.id} and state = 'sending'
      returning id`
    if (!whole) return false
    const halves = await tx<{ id: number; number: number }[]>`
      insert into batch (delivery_id, sync_no, number, phase, operation, list_id, rows, parent_id)
      select b.delivery_id, b.sync_no, (select max(number) from batch x where x.delivery_id = b.delivery_id) + h.half, b.phase,
        b.operation, b.list_id, case h.half when 1 then b.rows / 2 else b.rows - b.rows / 2 end, b.id
      from batch b, (values (1), (2)) h(half) where b.id = ${batch.id}
      returning id, number`
    const [first, second] = [...halves].sort((a, b) => a.number - b.number)
    if (!first || !second) throw new Error(`Batch ${batch.id} could not be split: its halves were not stored.`)
    for (const table of ['ledger', 'change'] as const) {
      const mine =
        table === 'ledger' ? tx`sync_no = ${batch.syncNo} and batch_id = ${batch.id}` : tx`batch_id = ${batch.id}`
      const same = table === 'ledger' ? tx`t.sync_no = ${batch.syncNo} and` : tx``
      await tx`
        update ${tx(table)} t set batch_id = case when o.n <= o.total / 2 then ${first.id}::bigint else ${second.id}::bigint end
        from (select member_key, row_number() over (order by member_key) as n, count(*) over () as total
          from ${tx(table)} where ${mine}) o
        where ${same} t.member_key = o.member_key and t.batch_id = ${batch.id}`
    }
    return true
  })
}

/**
 * Members that the platform refused a whole request for are set aside with their reasons, under this batch; the rest goes on
 * as a batch of its own. False when the lease is lost.
 */
export function setAside(
  sql: Sql,
  lease: Lease,
  batch: { id: number; syncNo: number },
  refused: ReadonlyMap<string, string>,
): Promise<boolean> {
  return sql.begin(async (tx) => {
    // alone, as in `splitBatch`: the rest gets the next number
    if (!(await stillHeld(tx, lease, { alone: true }))) return false
    const keys = [...refused.keys()]
    const reasons = countsOf(refused.values())
    const [rest] = await tx<{ id: number | null }[]>`
      with whole as (
        update batch set state = 'rejected', answered_at = now(), final_at = now(), rows = ${keys.length},
          refused = ${keys.length}, reasons = ${tx.json(reasons)}
        where id = ${batch.id} and state = 'sending'
        returning *, (select rows from batch b where b.id = ${batch.id}) as before),
      rest as (
        insert into batch (delivery_id, sync_no, number, phase, operation, list_id, rows, parent_id)
        select delivery_id, sync_no, (select max(number) + 1 from batch x where x.delivery_id = whole.delivery_id), phase,
          operation, list_id, before - rows, id
        from whole where before > rows returning id)
      select (select id from rest) as id from whole`
    if (!rest) return false
    if (rest.id !== null) {
      await tx`update ledger set batch_id = ${rest.id} where sync_no = ${batch.syncNo} and batch_id = ${batch.id}
        and member_key <> all(${keys}::uuid[])`
      await tx`update change set batch_id = ${rest.id} where batch_id = ${batch.id} and member_key <> all(${keys}::uuid[])`
    }
    await tx`delete from change where batch_id = ${batch.id}`
    await rejectMembers(tx, batch.syncNo, batch.id, refused)
    return true
  })
}

function countsOf(reasons: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const reason of reasons) counts[reason] = (counts[reason] ?? 0) + 1
  return counts
}

/** The platform refuses the one member of a batch. False when the lease is lost. */
export function rejectSingle(
  sql: Sql,
  lease: Lease,
  batch: { id: number; syncNo: number },
  reason: string,
): Promise<boolean> {
  return sql.begin(async (tx) => {
    if (!(await stillHeld(tx, lease))) return false
    const [row] = await tx`
      update batch set state = 'rejected', answered_at = now(), final_at = now(), refused = rows,
        reasons = ${tx.json({ [reason]: 1 })}
      where id = ${batch.id} and state = 'sending' returning id`
    if (!row) return false
    const keys = await keysInBatch(tx, batch.syncNo, batch.id)
    await rejectMembers(tx, batch.syncNo, batch.id, new Map(keys.map((key) => [key, reason])))
    await tx`delete from change where batch_id = ${batch.id}`
    return true
  })
}

/** How this delivery's requests went so far: to tell one bad row from a setting that makes everything fail. */
export async function outcomes(run: Runner, deliveryId: string): Promise<{ taken: number; singlesRefused: number }> {
  const [row] = await run<{ taken: number; singlesRefused: number }[]>`
    select count(*) filter (where state in ('accepted', 'confirmed')) as taken,
      count(*) filter (where state = 'rejected' and rows = 1) as "singlesRefused"
    from batch where delivery_id = ${deliveryId}`
  return row ?? { taken: 0, singlesRefused: 0 }
}

/** Nothing at all was taken, so it was not the rows: members that were set aside go back to "outcome unknown". */
export async function undoRejections(sql: Sql, deliveryId: string, syncNo: number): Promise<void> {
  await sql`
    update ledger l set state = case l.state when 'rejected' then 'added' else l.state end, reason = null, retry_at = null
    from batch b where b.delivery_id = ${deliveryId} and b.state = 'rejected' and l.sync_no = ${syncNo}
      and l.batch_id = b.id and l.state in ('rejected', 'removing')`
  await sql`update batch set state = 'unconfirmed', answered_at = null where delivery_id = ${deliveryId} and state = 'rejected'`
}

/** What a delivery waits for, so that nobody wonders. It is cleared by its next request. */
export async function noteWaiting(run: Runner, deliveryId: string, what: string, waitMs: number): Promise<void> {
  const waiting = { for: what, until: new Date(Date.now() + waitMs).toISOString() }
  await run`update delivery set waiting = ${run.json(waiting)} where id = ${deliveryId} and status = 'uploading'`
}

export async function noteBatchProblem(run: Runner, batchId: number, problem: Problem): Promise<void> {
  await run`update batch set problem = ${run.json(problem)} where id = ${batchId}`
}
