import type { Runner } from '../connect.ts'
import type { Problem } from '../schema/columns.ts'
import type { Counts } from '../schema/delivery.ts'
import type { Cause } from '../schema/run.ts'

/** Where a log was read to: the moment in milliseconds (ISO) and the id of the last line; older ones follow. */
export type LogPlace = { readonly at: string; readonly id: string }

export type LoggedRun = {
  id: string
  cycle: string | null
  status: 'requested' | 'running' | 'done' | 'failed'
  causes: Cause[]
  size: number | null
  problem: Problem | null
}

/** Runs by id or by the cycle of the workflow that does them. */
export function runsForLog(
  run: Runner,
  { cycles, ids }: { cycles: readonly string[]; ids: readonly string[] },
): Promise<LoggedRun[]> {
  return run<LoggedRun[]>`
    select id, cycle, status, causes, size, problem from run
    where cycle = any(${[...cycles]}::text[]) or id = any(${[...ids]}::uuid[])`
}

export type LoggedDelivery = {
  id: string
  runId: string
  syncId: string
  name: string
  goal: 'match' | 'empty'
  status: string
  counts: Counts
  problem: Problem | null
  startedAt: Date
  endedAt: Date | null
  /** Batches by phase, with what became of them. */
  batches: LoggedBatches[]
  /** Why the platform refused members, most frequent first. */
  reasons: { reason: string; members: number }[]
}

export type LoggedBatches = {
  phase: string
  batches: number
  members: number
  attempts: number
  states: Record<string, number>
  refused: number
}

const loggedDelivery = (run: Runner) => run`
  select d.id, d.run_id as "runId", d.sync_id as "syncId", t.name || coalesce(' · ' || s.list_name, '') as name, d.goal,
    d.status, d.counts, d.problem, d.started_at as "startedAt", coalesce(d.settled_at, d.uploaded_at) as "endedAt",
    coalesce((select jsonb_agg(to_jsonb(p) order by p.phase) from (
      select phase, sum(batches)::int as batches, sum(members)::int as members, sum(refused)::int as refused,
        max(attempts)::int as attempts, jsonb_object_agg(state, batches) as states
      from (select phase, state, count(*) as batches, sum(rows) as members, coalesce(sum(refused), 0) as refused,
          max(attempts) as attempts
        from batch where delivery_id = d.id and state <> 'split' group by phase, state) by_state
      group by phase) p), '[]'::jsonb) as batches,
    coalesce((select jsonb_agg(to_jsonb(r)) from (
      select e.key as reason, sum(e.value::bigint)::int as members
      from batch b cross join lateral jsonb_each_text(b.reasons) e
      where b.delivery_id = d.id group by e.key order by 2 desc, 1 limit 5) r), '[]'::jsonb) as reasons
  from delivery d join sync s on s.id = d.sync_id join destination t on t.id = s.destination_id`

/** Deliveries by id or by run. */
export function deliveriesForLog(
  run: Runner,
  { ids, runIds }: { ids: readonly string[]; runIds: readonly string[] },
): Promise<LoggedDelivery[]> {
  return run<LoggedDelivery[]>`
    ${loggedDelivery(run)} where d.id = any(${[...ids]}::uuid[]) or d.run_id = any(${[...runIds]}::uuid[])
    order by d.started_at, d.id`
}

/** Names of an audience's syncs as people know them, also of deleted ones. */
export async function syncNames(run: Runner, audienceId: string): Promise<ReadonlyMap<string, string>> {
  const rows = await run<{ id: string; name: string }[]>`
    select s.id, t.name || coalesce(' · ' || s.list_name, '') as name
    from sync s join destination t on t.id = s.destination_id where s.audience_id = ${audienceId}`
  return new Map(rows.map(({ id, name }) => [id, name]))
}

/**
 * A row that a log can be told from. `kept`: what the history would have to account for, if it is still there
 * (`cycle:…`, `delivery:…`, `started:…`), while it was worked on from `from` to `until`.
 */
export type LogRow = {
  id: string
  at: string
  kind: 'run' | 'delivery' | 'mend'
  /** The id of the run, the delivery or the audit entry. */
  subject: string
  kept: string | null
  from: Date
  until: Date | null
  detail: Record<string, unknown> | null
}

export type LogSubject = { readonly audienceId: string; readonly syncId?: string }

/** Runs (of an audience's log only), deliveries and what housekeeping mended, newest first, behind `after`. */
export function rowsForLog(
  run: Runner,
  { audienceId, syncId = undefined }: LogSubject,
  { after, limit }: { after: LogPlace | undefined; limit: number },
): Promise<LogRow[]> {
  const sync = syncId ?? null
  return run<LogRow[]>`
    select id, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, kind, subject, kept, "from", until, detail
    from (
      select 'run:' || r.id as id, date_trunc('milliseconds', coalesce(r.started_at, r.requested_at)) as at, 'run' as kind,
        r.id::text as subject, 'cycle:' || r.cycle as kept, coalesce(r.started_at, r.requested_at) as "from",
        coalesce(r.finished_at, r.started_at) as until, null::jsonb as detail
      from run r where r.audience_id = ${audienceId} and ${sync}::uuid is null
      union all
      select 'delivery:' || d.id, date_trunc('milliseconds', d.started_at), 'delivery', d.id::text,
        case when ${sync}::uuid is null then 'cycle:' || r.cycle else 'delivery:' || d.id end,
        case when ${sync}::uuid is null then coalesce(r.started_at, r.requested_at) else d.started_at end,
        case when ${sync}::uuid is null then coalesce(r.finished_at, r.started_at) else d.uploaded_at end, null
      from delivery d join run r on r.id = d.run_id join sync s on s.id = d.sync_id
      where s.audience_id = ${audienceId} and (${sync}::uuid is null or s.id = ${sync}::uuid)
      union all
      select 'mend:' || lpad(a.id::text, 12, '0'), date_trunc('milliseconds', a.at), 'mend', a.id::text,
        'started:' || (a.detail ->> 'runId'), a.at, a.at, a.detail
      from audit_log a where a.subject = ${`/v1/audiences/${audienceId}`} and a.actor = 'housekeeping'
        and (${sync}::text is null or a.detail ->> 'syncId' = ${sync}::text)
    ) line
    where ${after?.at ?? null}::text is null
      or (at, id collate "C") < (${after?.at ?? null}::text::timestamptz, ${after?.id ?? ''}::text collate "C")
    order by at desc, id collate "C" desc limit ${limit}`
}

/** The deliveries of a sync that had begun before a moment, newest first: their receipts are followed by their own workflows. */
export async function latestDeliveries(run: Runner, syncId: string, before: string, limit: number): Promise<string[]> {
  const rows = await run<{ id: string }[]>`
    select id from delivery where sync_id = ${syncId} and started_at <= ${before}::text::timestamptz
    order by started_at desc limit ${limit}`
  return rows.map(({ id }) => id)
}
