import type { Runner } from '../connect.ts'
import { copyIn, copyOut } from '../copy.ts'
import type { Counts } from '../schema/delivery.ts'
import { kinds } from './diff.ts'
import { planTable } from './stage.ts'

/** Rows in the plan now; fewer than were planned means that it vanished. */
export async function countPlan(run: Runner, planNo: number): Promise<number> {
  const [table] = await run<{ found: boolean }[]>`select to_regclass(${planTable(planNo)}) is not null as found`
  if (!table?.found) return -1
  const [row] = await run.unsafe<{ rows: number }[]>(`select count(*)::bigint as rows from ${planTable(planNo)}`)
  return row?.rows ?? 0
}

/**
 * Members of the plan that have something to be hashed, between two ordinals, as COPY in binary format: member key
 * (uuid), kind (int2), fingerprint (int8), row (bytea), old state (text or null), old identifiers (bytea or null).
 */
export const readPlan = (run: Runner, planNo: number, after: number, to: number): AsyncIterable<Buffer> =>
  copyOut(
    run,
    `copy (select member_key, kind, fingerprint, row, old_state::text, old_identifiers from ${planTable(planNo)}
      where ordinal > ${after} and ordinal <= ${to} and kind in (${kinds.join}, ${kinds.again}, ${kinds.update}))
      to stdout (format binary)`,
  )

/**
 * Moves a delivery's place in its plan on. False when another attempt has been faster, or the delivery has ended or is to
 * stop: then the transaction must change nothing.
 */
export async function advancePlan(
  run: Runner,
  { deliveryId, from, to, counts }: { deliveryId: string; from: number; to: number; counts: Partial<Counts> },
): Promise<boolean> {
  const rows = await run`
    update delivery set status = 'hashing', hashed_to = ${to}, counts = ${addCounts(run, counts)}
    where id = ${deliveryId} and hashed_to = ${from} and status in ('planned', 'hashing') and not cancel_requested
    returning id`
  return rows.length > 0
}

const addCounts = (run: Runner, counts: Partial<Counts>) => run`
  counts || coalesce((select jsonb_object_agg(key, coalesce((counts ->> key)::bigint, 0) + value::bigint)
    from jsonb_each_text(${run.json(counts)})), '{}'::jsonb)`

export async function addToCounts(run: Runner, deliveryId: string, counts: Partial<Counts>): Promise<void> {
  await run`update delivery set counts = ${addCounts(run, counts)} where id = ${deliveryId}`
}

/** Ids that no batch has, drawn before the batches are stored, so that members can be written with them; unused ones are missed by nobody. */
export async function nextBatchIds(run: Runner, count: number): Promise<number[]> {
  const rows = await run<{ id: number }[]>`select nextval('batch_id_seq') as id from generate_series(1, ${count}::int)`
  return rows.map(({ id }) => id)
}

/** Gives a group of joins its number, before the members carry it. */
export async function numberJoins(
  run: Runner,
  batch: { id: number; deliveryId: string; syncNo: number; listId: string; rows: number },
): Promise<void> {
  await run`
    insert into batch (id, delivery_id, sync_no, number, phase, operation, list_id, rows) overriding system value
    select ${batch.id}::bigint, ${batch.deliveryId}::uuid, ${batch.syncNo}::int, coalesce(max(number), 0) + 1, 'join', 'add',
      ${batch.listId}, ${batch.rows}::int
    from batch where delivery_id = ${batch.deliveryId}`
}

/** Binary COPY straight into the ledger: members that it does not know, with the time of their event where they are told by one. */
export const copyIntoLedger = (run: Runner, syncNo: number, rows: Iterable<Buffer>): Promise<void> =>
  copyIn(
    run,
    `copy ledger_${syncNo} (sync_no, member_key, fingerprint, state, batch_id, identifiers, strong, plain, event_at) from stdin (format binary)`,
    rows,
  )

/** What hashing found out about members that the ledger knows, or that cannot be sent. */
export const actions = ['join', 'baseline', 'unusable', 'same', 'update', 'describe', 'became_unusable'] as const
export type Action = (typeof actions)[number]

/** Opens this transaction's table of found actions and fills it by binary COPY. */
export async function copyFound(run: Runner, rows: Iterable<Buffer>): Promise<void> {
  await run.unsafe(`create temp table found (member_key uuid not null, action text not null, fingerprint bigint,
    identifiers bytea, strong bigint[], reason text, plain bytea, grouping int not null, batch_id bigint) on commit drop`)
  await copyIn(run, 'copy found from stdin (format binary)', rows)
}

/**
 * Brings what was found into ledger and changes. `eventAt` is the time of events that are new with this delivery, null where
 * members are not told by events. A join that was planned before and whose outcome is not known is still the same event.
 */
export async function applyFound(
  run: Runner,
  { deliveryId, syncNo, eventAt }: { deliveryId: string; syncNo: number; eventAt: Date | null },
): Promise<void> {
  const isAnotherEvent = (row: string) =>
    run.unsafe(`(${row}.state = 'removing' or (${row}.state = 'added' and exists (
    select from batch b where b.id = ${row}.batch_id and b.state in ('accepted', 'confirmed'))))`)
  if (eventAt)
    await run`
    insert into member_history (sync_no, member_key, event, state, since, reason, batch_id, event_at)
    select l.sync_no, l.member_key, 'announced', l.state, l.since, l.reason, l.batch_id, l.event_at
    from found f join ledger l on l.sync_no = ${syncNo} and l.member_key = f.member_key
    where f.action = 'join' and l.event_at is not null and ${isAnotherEvent('l')}`
  await run`
    insert into member_history (sync_no, member_key, event, state, since, reason, batch_id)
    select l.sync_no, l.member_key, 'tried_again', l.state, l.since, l.reason, l.batch_id
    from found f join ledger l on l.sync_no = ${syncNo} and l.member_key = f.member_key
    where f.action in ('join', 'unusable') and l.state in ('rejected', 'unusable') and l.fingerprint is distinct from f.fingerprint`
  await run`
    insert into ledger (sync_no, member_key, fingerprint, state, batch_id, identifiers, strong, plain, event_at)
    select ${syncNo}, member_key, fingerprint, 'added', batch_id, identifiers, strong, plain, ${eventAt}::timestamptz
    from found where action = 'join'
    on conflict (sync_no, member_key) do update set fingerprint = excluded.fingerprint, state = 'added',
      event_at = case when ${isAnotherEvent('ledger')} then excluded.event_at else coalesce(ledger.event_at, excluded.event_at) end,
      batch_id = excluded.batch_id, identifiers = excluded.identifiers, strong = excluded.strong, plain = excluded.plain, reason = null,
      retry_at = null, since = case when ledger.state = 'added' then ledger.since else now() end`
  await run`
    insert into ledger (sync_no, member_key, fingerprint, state, strong)
    select ${syncNo}, member_key, fingerprint, 'baseline', strong from found where action = 'baseline'
    on conflict do nothing`
  await run`
    insert into ledger (sync_no, member_key, fingerprint, state, reason, retry_at)
    select ${syncNo}, member_key, fingerprint, 'unusable', reason, now() + interval '7 days' from found where action = 'unusable'
    on conflict (sync_no, member_key) do update set fingerprint = excluded.fingerprint, state = 'unusable', batch_id = null,
      identifiers = null, strong = null, plain = null, platform_id = null, event_at = null, reason = excluded.reason, retry_at = excluded.retry_at`
  await run`
    update ledger l set fingerprint = f.fingerprint, reason = null${
      // what announced somebody stays, but whoever has one of their identifiers of now shares it all the same
      eventAt ? run`, strong = array(select distinct t from unnest(l.strong || f.strong) t)` : run``
    }
    from found f where f.action = 'same' and l.sync_no = ${syncNo} and l.member_key = f.member_key`
  await run`
    insert into change (delivery_id, member_key, kind, fingerprint, identifiers, strong, reason, plain, grouping)
    select ${deliveryId}, member_key, action, fingerprint, identifiers, strong, reason, plain, grouping from found
    where action in ('update', 'describe', 'became_unusable')`
}

/** Rows of members that were never held and left: nothing is sent for them. */
export async function forgetMembers(run: Runner, syncNo: number, planNo: number): Promise<void> {
  await run.unsafe(`
    delete from ledger l using ${planTable(planNo)} p
    where p.kind = ${kinds.forget} and l.sync_no = ${syncNo} and l.member_key = p.member_key and l.state in ('unusable', 'baseline')`)
}

/** How many of each kind a delivery has prepared. */
export async function countChanges(
  run: Runner,
  deliveryId: string,
): Promise<{ update: number; describe: number; leave: number; became_unusable: number }> {
  const rows = await run<{ kind: 'update' | 'describe' | 'leave' | 'became_unusable'; n: number }[]>`
    select kind, count(*) as n from change where delivery_id = ${deliveryId} group by kind`
  const counts = { update: 0, describe: 0, leave: 0, became_unusable: 0 }
  for (const { kind, n } of rows) counts[kind] = n
  return counts
}

/** Keeps the planned leaves as changes: they wait for a person, and the plan can go. */
export async function keepLeaves(run: Runner, deliveryId: string, planNo: number): Promise<void> {
  await run.unsafe(
    `insert into change (delivery_id, member_key, kind) select $1, member_key, 'leave' from ${planTable(planNo)}
      where kind = ${kinds.leave}`,
    [deliveryId],
  )
}

/** Locks a delivery whose plan is hashed to its end; undefined when it has gone on already. */
export async function planIsHashed(run: Runner, deliveryId: string): Promise<Counts | undefined> {
  const [row] = await run<{ counts: Counts }[]>`
    select counts from delivery where id = ${deliveryId} and status in ('planned', 'hashing') and not cancel_requested
      and (hashed_to >= planned_rows or goal = 'empty') for update`
  return row?.counts
}

/**
 * From here on batches may be sent, and whoever was in at the first run is known: should the delivery end early, the next one
 * must not take those for announced who have joined since. False when the delivery was in another state.
 */
export async function beginUploading(
  run: Runner,
  deliveryId: string,
  from: 'hashing' | 'held' = 'hashing',
): Promise<boolean> {
  const before = from === 'held' ? ['held'] : ['planned', 'hashing']
  const rows = await run`
    update delivery set status = 'uploading', wishes = array_remove(wishes, 'baseline')
    where id = ${deliveryId} and status = any(${before}::text[]) returning id`
  return rows.length > 0
}

/** Batches of each phase that have no answer. */
export async function countBatches(
  run: Runner,
  deliveryId: string,
): Promise<{ join: number; leave: number; update_remove: number; update_add: number }> {
  const rows = await run<{ phase: 'join' | 'leave' | 'update_remove' | 'update_add'; n: number }[]>`
    select phase, count(*) as n from batch
    where delivery_id = ${deliveryId} and state in ('prepared', 'sending') group by phase`
  const counts = { join: 0, leave: 0, update_remove: 0, update_add: 0 }
  for (const { phase, n } of rows) counts[phase] = n
  return counts
}
