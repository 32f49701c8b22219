import type { Runner, Sql } from '../connect.ts'
import type { Problem } from '../schema/columns.ts'
import type { Cause, StageShape } from '../schema/run.ts'
import { retryAfter } from './retry-delay.ts'

/** What is wanted of an audience now: read again at every wake, because signals are only hints. */
export type Wish = {
  name: string
  status: 'draft' | 'active' | 'archiving' | 'archived'
  paused: boolean
  refreshIntervalMs: number | null
  /** A run that somebody asked for and that has not begun. */
  requested: boolean
  /** The earliest time at which a sync, or a source that was away, is to be tried again. */
  retryAt: Date | null
  nextRefreshAt: Date | null
  destinations: SyncState[]
}

/** What there is to say about a sync at one glance. */
export type SyncState = {
  name: string
  enabled: boolean
  connected: boolean
  /** The code of its problem. */
  problem: string | null
  /** The status of its open delivery. */
  open: string | null
  /** Leaves that wait for a person. */
  held: number
  deliveredAt: string | null
}

/** So many syncs of an audience are shown to operators. */
const mostShown = 20

export async function readWish(run: Runner, audienceId: string): Promise<Wish | undefined> {
  const [row] = await run<Wish[]>`
    select a.name, a.status, a.paused, a.refresh_interval_ms as "refreshIntervalMs",
      exists (select from run r where r.audience_id = a.id and r.status = 'requested') as requested,
      least(a.retry_at, (select min(s.retry_at) from sync s
        where s.audience_id = a.id and s.deleted_at is null and (s.enabled or s.intent = 'empty'))) as "retryAt",
      a.next_refresh_at as "nextRefreshAt",
      (select coalesce(json_agg(json_build_object('name', t.name || coalesce(' · ' || s.list_name, ''), 'enabled', s.enabled,
          'connected', t.status = 'connected', 'problem', s.problem ->> 'code', 'open', d.status,
          'held', coalesce((d.counts ->> 'held')::bigint, 0), 'deliveredAt', to_char(s.last_delivered_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')) order by s.no), '[]')
        from (select * from sync where audience_id = a.id and deleted_at is null order by no limit ${mostShown}) s
        join destination t on t.id = s.destination_id
        left join delivery d on d.sync_id = s.id and d.status in ('planned', 'hashing', 'uploading', 'held')) as destinations
    from audience a where a.id = ${audienceId}`
  return row
}

export async function setPaused(run: Runner, audienceId: string, paused: boolean): Promise<void> {
  await run`update audience set paused = ${paused}, updated_at = now() where id = ${audienceId} and status = 'active'`
}

export async function rememberNextRefresh(run: Runner, audienceId: string, at: Date | null): Promise<void> {
  await run`update audience set next_refresh_at = ${at}
    where id = ${audienceId} and next_refresh_at is distinct from ${at}::timestamptz`
}

/** A refresh that was due at `now` has begun; the next is as many intervals later as it takes. */
export async function passDueRefresh(run: Runner, audienceId: string, now: Date): Promise<void> {
  await run`
    update audience set next_refresh_at = next_refresh_at + refresh_interval_ms * interval '1 ms'
      * (floor(extract(epoch from ${now}::timestamptz - next_refresh_at) * 1000 / refresh_interval_ms) + 1)
    where id = ${audienceId} and next_refresh_at <= ${now}::timestamptz and refresh_interval_ms > 0`
}

/** Asks for a run. Several wishes become one; returns its id. */
export async function requestRun(run: Runner, audienceId: string, cause: Cause): Promise<string> {
  const [row] = await run<{ id: string }[]>`
    insert into run (audience_id, status, causes) values (${audienceId}, 'requested', ${[cause]})
    on conflict (audience_id) where status = 'requested' do update
      set causes = (select array_agg(distinct c order by c) from unnest(run.causes || excluded.causes) c)
    returning id`
  return row?.id ?? ''
}

/**
 * Between two runs of an audience none is running: one that is, and whose work nobody has in hand, was interrupted when
 * its workflow was ended by hand. It is wanted again; where the next run is wanted already, that one does its work.
 */
export async function requeueInterrupted(sql: Sql, audienceId: string): Promise<void> {
  await sql.begin(async (tx) => {
    const runs = await tx<{ id: string; begun: boolean }[]>`
      select r.id, exists (select from delivery d where d.run_id = r.id) as begun from run r
      where r.audience_id = ${audienceId} and r.status = 'running' and not exists (
        select from delivery d where d.run_id = r.id and d.status in ('planned', 'hashing', 'uploading', 'held'))
      order by r.requested_at desc`
    for (const { id, begun } of runs) {
      if (begun) {
        await closeRun(tx, id)
        continue
      }
      const requeued = await tx`
        update run set status = 'requested', started_at = null, cycle = null, stage_no = null, stage_rows = null
        where id = ${id} and not exists (select from run r where r.audience_id = ${audienceId} and r.status = 'requested')`
      if (requeued.count === 0)
        await tx`
        update run set status = 'failed', finished_at = now(), settled_at = now(), problem = ${tx.json(interrupted())}
        where id = ${id}`
    }
  })
}

/** A run as its cycle finds it: `ended` when an earlier attempt brought it to its end. */
export type BegunRun = { readonly id: string; readonly ended: boolean; readonly problem: Problem | null }

/**
 * Begins the run of this cycle: the one that was asked for, else a new one for `cause`. Repeating it for the same cycle
 * returns the same run.
 */
export async function beginRun(
  sql: Sql,
  { audienceId, cycle, cause }: { audienceId: string; cycle: string; cause: Cause },
): Promise<BegunRun> {
  return sql.begin(async (tx) => {
    const [mine] = await tx<BegunRun[]>`
      select id, status <> 'running' as ended, problem from run where cycle = ${cycle}`
    if (mine) return mine
    const [row] = await tx<{ id: string }[]>`
      insert into run (audience_id, status, causes) values (${audienceId}, 'requested', ${[cause]})
      on conflict (audience_id) where status = 'requested' do update
        set causes = case when ${cause} = 'interval' then run.causes
          else (select array_agg(distinct c order by c) from unnest(run.causes || excluded.causes) c) end
      returning id`
    const id = row?.id ?? ''
    // a run whose workflow was ended by hand has nobody who would end it
    await tx`update run r set status = 'failed', finished_at = now(), settled_at = now(), problem = ${tx.json(interrupted())}
      where r.audience_id = ${audienceId} and r.status = 'running' and r.cycle is distinct from ${cycle} and not exists (
        select from delivery d where d.run_id = r.id and d.status in ('planned', 'hashing', 'uploading', 'held'))`
    // this run is the retry of the source and of every sync whose time has come; what fails again asks again
    await tx`update audience set retry_at = null where id = ${audienceId} and retry_at <= now()`
    await tx`update sync set retry_at = null where audience_id = ${audienceId} and retry_at <= now()`
    await tx`update run set status = 'running', started_at = now(), cycle = ${cycle} where id = ${id}`
    return { id, ended: false, problem: null }
  })
}

const interrupted = (): Problem => ({
  code: 'interrupted',
  what: 'The workflow of this run ended before the run did.',
  whose: 'nobody: the next run does its work',
  next: 'Nothing to do.',
  at: new Date().toISOString(),
})

export type SnapshotPlan = {
  audience: {
    id: string
    kind: 'dynamic' | 'static'
    status: Wish['status']
    query: string | null
    tableName: string | null
    memberId: string
    size: number | null
    credentials: Uint8Array | null
  }
  /** Mappings of the syncs that will be compared. */
  mappings: Record<string, string>[]
}

/** What a snapshot has to read: the audience, its source and the mappings of syncs that are on. */
export async function readSnapshotPlan(run: Runner, audienceId: string): Promise<SnapshotPlan | undefined> {
  const [audience] = await run<SnapshotPlan['audience'][]>`
    select a.id, a.kind, a.status, a.query, a.table_name as "tableName", a.member_id as "memberId", a.size,
      s.credentials
    from audience a left join source s on s.id = a.source_id where a.id = ${audienceId}`
  if (!audience) return undefined
  const rows = await run<{ mapping: Record<string, string> }[]>`
    select mapping from sync where audience_id = ${audienceId} and deleted_at is null and enabled and intent = 'match'
      and list_id is not null and mapping <> '{}'`
  return { audience, mappings: rows.map((row) => row.mapping) }
}

export type ChosenStage = { no: number; rows: number; parts: number; shape: StageShape }

/** Records the attempt chosen for the run, once: an attempt that comes second learns which one was chosen. */
export async function chooseStage(run: Runner, runId: string, stage: ChosenStage): Promise<ChosenStage | undefined> {
  await run`
    update run set stage_no = ${stage.no}, stage_rows = ${stage.rows}, stage_parts = ${stage.parts},
      stage_shape = ${run.json(stage.shape)}, size = ${stage.rows}
    where id = ${runId} and stage_no is null and status = 'running'`
  return readStage(run, runId)
}

export async function readStage(run: Runner, runId: string): Promise<ChosenStage | undefined> {
  const [row] = await run<ChosenStage[]>`
    select stage_no as no, stage_rows as rows, stage_parts as parts, stage_shape as shape
    from run where id = ${runId} and stage_no is not null`
  return row
}

/** Gives the chosen attempt up, so that the snapshot can be taken again. */
export async function forgetStage(run: Runner, runId: string): Promise<void> {
  await run`update run set stage_no = null, stage_rows = null where id = ${runId}`
}

export async function rememberSize(run: Runner, audienceId: string, size: number): Promise<void> {
  await run`
    update audience set size = ${size}, problem = null, retry_at = null, retry_step = 0 where id = ${audienceId}`
}

/**
 * Ends a run that could not take or compare its snapshot. The audience keeps the problem until a run succeeds; with `retry`
 * it asks for a retry run.
 */
export async function failRun(sql: Sql, runId: string, problem: Problem, { retry } = { retry: false }): Promise<void> {
  await sql.begin(async (tx) => {
    const [row] = await tx<{ audience_id: string }[]>`
      update run set status = 'failed', finished_at = now(), settled_at = now(), problem = ${tx.json(problem)}
      where id = ${runId} and status = 'running' returning audience_id`
    if (!row) return
    await tx`update audience set problem = ${tx.json(problem)} where id = ${row.audience_id}`
    if (retry)
      await tx`update audience set retry_step = retry_step + 1, retry_at = now() + ${retryAfter(tx)}
        where id = ${row.audience_id}`
  })
}

/** The run of a cycle whose workflow gave it up, while it runs. */
export async function runningCycle(run: Runner, cycle: string): Promise<string | undefined> {
  const [row] = await run<{ id: string }[]>`select id from run where cycle = ${cycle} and status = 'running'`
  return row?.id
}

/** Every sync of the audience that is on asks for a retry run. */
export async function retryLater(run: Runner, audienceId: string): Promise<void> {
  await run`
    update sync set retry_step = retry_step + 1, retry_at = now() + ${retryAfter(run)}
    where audience_id = ${audienceId} and deleted_at is null and enabled`
}

/** Marks a run as finished once none of its deliveries works any more, and as settled once all receipts are final. */
export async function closeRun(run: Runner, runId: string): Promise<void> {
  await run`
    update run set status = 'done', finished_at = coalesce(finished_at, now())
    where id = ${runId} and status = 'running' and not exists (
      select from delivery d where d.run_id = run.id and d.status in ('planned', 'hashing', 'uploading'))`
  await run`
    update run set settled_at = now()
    where id = ${runId} and status = 'done' and settled_at is null and not exists (
      select from delivery d where d.run_id = run.id
        and (d.status in ('planned', 'hashing', 'uploading', 'held')
          or exists (select from batch b where b.delivery_id = d.id and b.final_at is null)))`
}
