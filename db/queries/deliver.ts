import type { Runner, Sql } from '../connect.ts'
import type { Problem } from '../schema/columns.ts'
import type { Counts, Wish } from '../schema/delivery.ts'
import { listProblems } from './list-check.ts'

/** A sync with all that a diff, hash, upload or settle of it needs. */
export type SyncFacts = {
  id: string
  no: number
  audienceId: string
  audienceName: string
  mode: 'list' | 'event'
  keeping: 'mirror' | 'add_only'
  listId: string | null
  listName: string | null
  whenListGone: 'ask' | 'recreate'
  /** Whether the platform has said that the list was deleted. */
  listDeleted: boolean
  mapping: Record<string, string>
  /** How long after it was last added a member falls out of its list by itself; null where none does. */
  forgetsAfterMs: number | null
  /** Its own settings, as stored. */
  syncSettings: Record<string, unknown>
  enabled: boolean
  version: number
  intent: 'match' | 'empty'
  /** One-time wishes that the next diff does. */
  wishes: Wish[]
  missed: boolean
  ledgerParts: number
  deletedAt: Date | null
  defaultCountry: string | null
  brakePercent: number
  brakeMinimum: number
  destinationId: string
  destinationName: string
  platform: string
  settings: Record<string, unknown>
  credentials: Uint8Array
  sandbox: boolean
  destinationStatus: 'connected' | 'needs_attention'
  account: string
}

const syncFacts = (run: Runner) => run`
  select s.id, s.no, s.audience_id as "audienceId", a.name as "audienceName", s.mode, s.keeping, s.list_id as "listId",
    s.list_name as "listName", s.when_list_gone as "whenListGone",
    s.list_deleted_at is not null as "listDeleted", s.mapping, s.settings as "syncSettings", s.list_forgets_after_ms as "forgetsAfterMs",
    s.enabled, s.version, s.intent, s.missed,
    array_remove(array[case when s.resync then 'resync' end, case when s.retry_rejected then 'retry_rejected' end,
      case when s.recheck then 'recheck' end, case when s.baseline and s.intent = 'match' then 'baseline' end], null) as wishes, s.ledger_parts as "ledgerParts", s.deleted_at as "deletedAt", a.default_country as "defaultCountry",
    a.brake_percent as "brakePercent", a.brake_minimum as "brakeMinimum", d.id as "destinationId",
    d.name as "destinationName", d.platform, d.settings, d.credentials, d.sandbox, d.status as "destinationStatus",
    d.account
  from sync s join audience a on a.id = s.audience_id join destination d on d.id = s.destination_id`

/** Syncs of an audience that a run may have work for. */
export function readSyncs(run: Runner, audienceId: string): Promise<SyncFacts[]> {
  return run<SyncFacts[]>`${syncFacts(run)} where s.audience_id = ${audienceId} and s.deleted_at is null order by s.no`
}

export async function readSync(run: Runner, syncId: string): Promise<SyncFacts | undefined> {
  const [row] = await run<SyncFacts[]>`${syncFacts(run)} where s.id = ${syncId}`
  return row
}

export type DeliveryFacts = {
  id: string
  runId: string
  syncId: string
  goal: 'match' | 'empty'
  status: string
  syncVersion: number
  planNo: number
  plannedRows: number
  hashedTo: number
  heldBefore: number
  approvedLeaves: number | null
  heldDigest: string | null
  cancelRequested: boolean
  counts: Counts
  wishes: Wish[]
  startedAt: Date
  stageRows: number | null
  fields: string[]
}

export async function readDelivery(run: Runner, deliveryId: string): Promise<DeliveryFacts | undefined> {
  const [row] = await run<DeliveryFacts[]>`
    select d.id, d.run_id as "runId", d.sync_id as "syncId", d.goal, d.status, d.sync_version as "syncVersion",
      d.plan_no as "planNo", d.planned_rows as "plannedRows", d.hashed_to as "hashedTo", d.held_before as "heldBefore",
      d.approved_leaves as "approvedLeaves", d.held_digest as "heldDigest", d.cancel_requested as "cancelRequested",
      d.counts, d.wishes, d.started_at as "startedAt", r.stage_rows as "stageRows", coalesce(r.stage_shape -> 'fields', '[]'::jsonb) as fields
    from delivery d join run r on r.id = d.run_id where d.id = ${deliveryId}`
  return row
}

export const noCounts: Counts = {
  joined: 0,
  left: 0,
  updated: 0,
  again: 0,
  unusable: 0,
  retained: 0,
  forgotten: 0,
  baseline: 0,
  waiting: 0,
  held: 0,
  accepted: 0,
  confirmed: 0,
  rejected: 0,
}

export type OpenDelivery = { id: string; status: string; heldDigest: string | null; syncVersion: number }

/** The delivery of a sync that is open now, if there is one. */
export async function openDelivery(run: Runner, syncId: string): Promise<OpenDelivery | undefined> {
  const [row] = await run<OpenDelivery[]>`
    select id, status, held_digest as "heldDigest", sync_version as "syncVersion" from delivery
    where sync_id = ${syncId} and status in ('planned', 'hashing', 'uploading', 'held')`
  return row
}

/** Members of a list that forgets them are sent again after this share of the time, so that no delay lets them fall out. */
export const refreshShare = 1 / 3

/** Accepted batches of a sync that were sent so long ago that the platform may soon forget their members. */
export async function batchesToRefresh(run: Runner, syncNo: number, forgetsAfterMs: number): Promise<number[]> {
  const rows = await run<{ id: number }[]>`
    select b.id from batch b where b.sync_no = ${syncNo} and b.operation = 'add' and b.state in ('accepted', 'confirmed')
      and b.answered_at < now() - ${forgetsAfterMs * refreshShare} * interval '1 ms'
      and exists (select from ledger l where l.sync_no = ${syncNo} and l.batch_id = b.id and l.state = 'added')`
  return rows.map((row) => row.id)
}

/**
 * Batches of a sync whose outcome is unknown, and those whose receipt is not final. Only those that a member still
 * carries: what was sent again under a later number has left the old one behind.
 */
export async function batchesInDoubt(run: Runner, syncNo: number): Promise<{ doubtful: number[]; open: number[] }> {
  const rows = await run<{ id: number; doubtful: boolean }[]>`
    select id, state not in ('accepted', 'confirmed') as doubtful from batch b
    where sync_no = ${syncNo} and (state not in ('accepted', 'confirmed') or final_at is null) and state <> 'split'
      and exists (select from ledger l where l.sync_no = ${syncNo} and l.batch_id = b.id)`
  return {
    doubtful: rows.filter((row) => row.doubtful).map((row) => row.id),
    open: rows.filter((row) => !row.doubtful).map((row) => row.id),
  }
}

/** What of a sync's wishes and of the runs that passed it by a diff has seen, and so may strike off. */
export type Seen = { wishes: readonly Wish[]; missed: boolean }

const strikeOff = (run: Runner, { wishes, missed }: Seen) => run`
  resync = resync and not ${wishes.includes('resync')}::bool,
  retry_rejected = retry_rejected and not ${wishes.includes('retry_rejected')}::bool,
  recheck = recheck and not ${wishes.includes('recheck')}::bool,
  baseline = baseline and not ${wishes.includes('baseline')}::bool, missed = missed and not ${missed}::bool`

/**
 * Records a delivery with its plan; a held one of the same sync ends `superseded`. Returns its id, or undefined when
 * another delivery of this sync is working.
 */
export function createDelivery(
  sql: Sql,
  d: {
    runId: string
    syncId: string
    goal: 'match' | 'empty'
    syncVersion: number
    planNo: number
    plannedRows: number
    heldBefore: number
    counts: Partial<Counts>
    seen: Seen
  },
): Promise<string | undefined> {
  return sql.begin(async (tx) => {
    await tx`select from sync where id = ${d.syncId} for update`
    const [before] = await tx<{ id: string; run_id: string; status: string }[]>`
      select id, run_id, status from delivery
      where sync_id = ${d.syncId} and status in ('planned', 'hashing', 'uploading', 'held')`
    if (before && before.status !== 'held') return undefined
    if (before) {
      await tx`update delivery set status = 'superseded', uploaded_at = coalesce(uploaded_at, now()) where id = ${before.id}`
      await tx`delete from change where delivery_id = ${before.id}`
    }
    const [row] = await tx<{ id: string }[]>`
      insert into delivery (run_id, sync_id, goal, status, sync_version, counts, plan_no, planned_rows, held_before,
        wishes)
      values (${d.runId}, ${d.syncId}, ${d.goal}, 'planned', ${d.syncVersion},
        ${tx.json({ ...noCounts, ...d.counts })}, ${d.planNo}, ${d.plannedRows}, ${d.heldBefore},
        ${[...d.seen.wishes]}::text[])
      returning id`
    await tx`update sync set ${strikeOff(tx, d.seen)} where id = ${d.syncId}`
    return row?.id
  })
}

/** The deliveries of a run, as they were planned: what a repeated diff answers again. */
export function plannedDeliveries(
  run: Runner,
  runId: string,
): Promise<{ id: string; syncId: string; status: string; counts: Counts; name: string }[]> {
  return run<{ id: string; syncId: string; status: string; counts: Counts; name: string }[]>`
    select d.id, d.sync_id as "syncId", d.status, d.counts,
      t.name || coalesce(' · ' || s.list_name, '') as name
    from delivery d join sync s on s.id = d.sync_id join destination t on t.id = s.destination_id
    where d.run_id = ${runId} order by s.no`
}

/** A run passed this sync by because its delivery was busy: it is caught up when that ends. */
export async function markMissed(run: Runner, syncId: string): Promise<void> {
  await run`update sync set missed = true where id = ${syncId}`
}

/**
 * A diff found nothing to do: what was wrong is over (but for the list itself), the wishes are done, and leaves that wait for a person are out of
 * date, because whoever they were of is back.
 */
export async function markInStep(sql: Sql, syncId: string, seen: Seen): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`
      with over as (
        update delivery set status = 'superseded', uploaded_at = coalesce(uploaded_at, now())
        where sync_id = ${syncId} and status = 'held' returning id)
      delete from change where delivery_id in (select id from over)`
    await tx`
      update sync set ${strikeOff(tx, seen)}, retry_at = null, retry_step = 0,
        problem = case when problem ->> 'code' = any(${[...listProblems]}::text[]) then problem end
      where id = ${syncId} and (resync or retry_rejected or recheck or baseline or missed or retry_at is not null or retry_step > 0
        or problem ->> 'code' <> all(${[...listProblems]}::text[]))`
  })
}

export async function setSyncProblem(run: Runner, syncId: string, problem: Problem | null): Promise<void> {
  await run`update sync set problem = ${problem && run.json(problem)} where id = ${syncId}
    and (problem is not null or ${problem !== null})`
}

/** A person must act at a destination: unless its credentials have been changed since these were read. */
export async function setDestinationProblem(
  run: Runner,
  destination: Pick<SyncFacts, 'destinationId' | 'credentials'>,
  problem: Problem,
): Promise<void> {
  await run`update destination set status = 'needs_attention', problem = ${run.json(problem)}
    where id = ${destination.destinationId} and credentials = ${destination.credentials}`
}
