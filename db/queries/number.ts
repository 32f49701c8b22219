import type { Runner } from '../connect.ts'
import type { Phase } from '../schema/batch.ts'
import { ledgerTable } from './ledger-table.ts'
import { planTable } from './stage.ts'

/** What is needed to number the departures of a delivery. */
export type Numbering = {
  readonly deliveryId: string
  readonly syncNo: number
  readonly listId: string
  readonly rowsPerAdd: number
  readonly rowsPerRemoval: number
  /** Members that the ledger held before, about. */
  readonly held: number
  /** The time of the events that tell of these departures; null where members are not told by events. */
  readonly eventAt: Date | null
}

/** Opens the table of those who go in this transaction: members whose old identifiers leave the list. */
export async function openGoing(run: Runner): Promise<void> {
  await run.unsafe('create temp table going (member_key uuid primary key, kind text not null) on commit drop')
}

export async function goingFromPlan(run: Runner, planNo: number): Promise<void> {
  await run.unsafe(`insert into going select member_key, 'leave' from ${planTable(planNo)} where kind = 4`)
}

/** From what the delivery has prepared: updates, members who became unusable, and leaves that had been held. */
export async function goingFromChanges(
  run: Runner,
  deliveryId: string,
  kinds: readonly ('leave' | 'became_unusable' | 'update')[],
): Promise<void> {
  await run`insert into going select member_key, kind from change
    where delivery_id = ${deliveryId} and kind = any(${[...kinds]}::text[]) and batch_id is null`
}

/**
 * A person who is still in the audience under another member id is never removed: whoever shares a strong identifier
 * with a member who stays or joins becomes `retained`. Those who were retained before and share with nobody any more
 * go now. Leaves in `going` whoever is to be removed; returns how many were retained.
 */
export async function retainShared(run: Runner, numbering: Numbering): Promise<number> {
  const { deliveryId, syncNo } = numbering
  await run`analyze going`
  // few are looked up one by one: `offset 0` leaves the planner no other way, which without statistics it would take
  const known = (await areFew(run, numbering))
    ? run`cross join lateral (select strong from ledger where sync_no = ${syncNo} and member_key = g.member_key offset 0) l`
    : run`join ledger l on l.sync_no = ${syncNo} and l.member_key = g.member_key`
  await run`
    create temp table departing on commit drop as
    select distinct unnest(l.strong) as token, g.member_key, false as was_retained from going g ${known}
    union all
    select distinct unnest(l.strong), l.member_key, true from ledger l
    where l.sync_no = ${syncNo} and l.state = 'retained' and not exists (select from going g where g.member_key = l.member_key)`
  // so that their few tokens are hashed and the ledger runs past them, not the other way round; of the sync's own table,
  // because by its number the planner would go through an index of it
  await run`analyze departing`
  await run`
    create temp table shared on commit drop as
    with met as materialized (
      select d.member_key, d.was_retained, staying.member_key as staying from departing d join (
        select unnest(l.strong) as token, l.member_key from ${run.unsafe(ledgerTable(syncNo))} l
        where l.state in ('added', 'rejected', 'baseline')
      ) staying on staying.token = d.token and staying.member_key <> d.member_key
    )
    select member_key, was_retained from met
    where not exists (select from going g where g.member_key = met.staying)
    union
    select d.member_key, d.was_retained from departing d join (
      select unnest(c.strong) as token, c.member_key from change c
      where c.delivery_id = ${deliveryId} and c.kind = 'update'
    ) coming on coming.token = d.token and coming.member_key <> d.member_key`
  const retained = await run`
    update ledger l set state = 'retained', fingerprint = c.fingerprint,
      reason = coalesce(c.reason, 'shares an identifier with a member who stays')
    from shared s join going g on g.member_key = s.member_key
      left join change c on c.delivery_id = ${deliveryId} and c.member_key = s.member_key and c.kind = 'became_unusable'
    where l.sync_no = ${syncNo} and l.member_key = s.member_key and g.kind <> 'update'`
  await run`
    delete from change c using shared s
    where c.delivery_id = ${deliveryId} and c.member_key = s.member_key and c.kind in ('became_unusable', 'leave')`
  // the old identifiers of an update stay as a row of their own, under a key that no member has
  const ghosts = await run`
    insert into ledger (sync_no, member_key, state, batch_id, since, identifiers, strong, plain, platform_id, reason)
    select l.sync_no, md5(l.member_key::text || encode(l.identifiers, 'hex'))::uuid, 'retained', l.batch_id, l.since,
      l.identifiers, l.strong, l.plain, l.platform_id, 'identifiers of before, shared with a member who stays'
    from shared s join going g on g.member_key = s.member_key and g.kind = 'update'
      join ledger l on l.sync_no = ${syncNo} and l.member_key = s.member_key
    on conflict do nothing`
  await run`delete from going g using shared s where g.member_key = s.member_key`
  await run`
    insert into going select distinct member_key, 'leave' from departing d
    where was_retained and not exists (select from shared s where s.member_key = d.member_key)
    on conflict do nothing`
  return retained.count + ghosts.count
}

/**
 * Numbers those who go: their ledger rows become `removing` and carry the batch's id. The fingerprint is now of why they go:
 * of the row that became unusable, or none for whoever left, who is somebody new when they are back.
 */
export async function numberRemovals(run: Runner, numbering: Numbering): Promise<void> {
  await run`create temp table removing (member_key uuid not null, batch_id bigint not null, fingerprint bigint) on commit drop`
  for (const [phase, kinds] of [
    ['leave', ['leave', 'became_unusable']],
    ['update_remove', ['update']],
  ] as const) {
    await run`
      create temp table numbered on commit drop as
      select g.member_key, ((row_number() over () - 1) / ${numbering.rowsPerRemoval})::int as n
      from going g where g.kind = any(${[...kinds]}::text[])`
    await createBatches(run, numbering, phase, 'remove')
    await run`
      insert into removing select numbered.member_key, made.batch_id, c.fingerprint from numbered join made on made.n = numbered.n
        left join change c on c.delivery_id = ${numbering.deliveryId} and c.member_key = numbered.member_key
          and c.kind = 'became_unusable'`
    await run`drop table numbered, made`
  }
  // both phases at once, and with their number known: the ledger is passed once, or only where they are
  await run`analyze removing`
  if (await areFew(run, numbering))
    await run.unsafe('set local enable_hashjoin = off; set local enable_mergejoin = off')
  if (numbering.eventAt) await keepAnnounced(run, numbering.syncNo)
  await run`
    update ledger l set state = 'removing', batch_id = n.batch_id, fingerprint = n.fingerprint, reason = null, retry_at = null,
      event_at = case when l.state = 'removing' then l.event_at else ${numbering.eventAt}::timestamptz end
    from removing n
    where l.sync_no = ${numbering.syncNo} and l.member_key = n.member_key`
  await run.unsafe(joinAsPlanned)
}

/** The event that announced whoever goes is told by the member's history from now on. */
async function keepAnnounced(run: Runner, syncNo: number): Promise<void> {
  await run`
    insert into member_history (sync_no, member_key, event, state, since, reason, batch_id, event_at)
    select l.sync_no, l.member_key, 'announced', l.state, l.since, l.reason, l.batch_id, l.event_at
    from removing n join ledger l on l.sync_no = ${syncNo} and l.member_key = n.member_key
    where l.state <> 'removing' and l.event_at is not null`
}

const joinAsPlanned = 'set local enable_hashjoin = on; set local enable_mergejoin = on'

/**
 * Whether those who go are so few that each is looked up by key. The planner counts all parts of the ledger for each of
 * them, though only one part can hold a key, and would read the whole ledger instead.
 */
async function areFew(run: Runner, { held }: Numbering): Promise<boolean> {
  const [going] = await run<{ n: number }[]>`select count(*) as n from going`
  return (going?.n ?? 0) * 20 < held
}

/** Numbers what comes after the removals: the new identifiers of updates. */
export async function numberUpdates(
  run: Runner,
  numbering: Numbering,
  kinds: readonly ('update' | 'describe')[],
): Promise<void> {
  await run`
    create temp table numbered on commit drop as
    select member_key, (dense_rank() over (order by grouping, nth / ${numbering.rowsPerAdd}) - 1)::int as n
    from (select c.member_key, c.grouping, row_number() over (partition by c.grouping) - 1 as nth
    from change c where c.delivery_id = ${numbering.deliveryId} and c.kind = any(${[...kinds]}::text[]) and c.batch_id is null) grouped`
  await createBatches(run, numbering, 'update_add', 'add')
  await run`
    update change c set batch_id = n.batch_id
    from (select numbered.member_key, made.batch_id from numbered join made on made.n = numbered.n) n
    where c.delivery_id = ${numbering.deliveryId} and c.member_key = n.member_key`
  await run`drop table numbered, made`
}

/** One batch per group of `numbered`, their ids in `made`. */
async function createBatches(
  run: Runner,
  { deliveryId, syncNo, listId }: Numbering,
  phase: Phase,
  operation: 'add' | 'remove',
): Promise<void> {
  const [last] = await run<{ number: number }[]>`
    select coalesce(max(number), 0) as number from batch where delivery_id = ${deliveryId}`
  const base = last?.number ?? 0
  await run`
    create temp table made on commit drop as
    with groups as (select n, count(*)::int as rows from numbered group by n order by n),
    inserted as (
      insert into batch (delivery_id, sync_no, number, phase, operation, list_id, rows)
      select ${deliveryId}, ${syncNo}::int, ${base}::int + n + 1, ${phase}, ${operation}, ${listId}, rows from groups
      returning id, number)
    select id as batch_id, number - ${base}::int - 1 as n from inserted`
}
