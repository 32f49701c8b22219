import { sql } from 'drizzle-orm'
import type { Problem } from '../schema/columns.ts'
import type { OrmRunner } from './orm-runner.ts'

/** At most so many of a kind are told. */
const most = 50

type Named = { id: string; name: string }

export type NeedsPerson = {
  kind: 'held' | 'sync' | 'destination' | 'audience'
  audience: Named | null
  destination: Named | null
  sync_id: string | null
  mode: 'list' | 'event' | null
  run_id: string | null
  held: number | null
  problem: Problem | null
  at: string
}

/** What goes on only after a person has acted: held leaves first, then what cannot be sent or read. */
export const whatNeedsAPerson = async (orm: OrmRunner): Promise<NeedsPerson[]> => [
  ...(await orm.execute<NeedsPerson>(sql`
    select * from (
      (select 1 as place, 'held' as kind, jsonb_build_object('id', a.id, 'name', a.name) as audience,
        jsonb_build_object('id', t.id, 'name', t.name) as destination, s.id as sync_id, s.mode::text as mode, d.run_id,
        (d.counts ->> 'held')::float8 as held, null::jsonb as problem, coalesce(d.uploaded_at, d.started_at)::text as at
      from delivery d join sync s on s.id = d.sync_id join audience a on a.id = s.audience_id
        join destination t on t.id = s.destination_id
      where d.status = 'held' and s.deleted_at is null order by d.started_at limit ${most})
      union all
      (select 2, 'destination', null, jsonb_build_object('id', t.id, 'name', t.name), null, null, null, null, t.problem,
        coalesce(t.problem ->> 'at', t.updated_at::text)
      from destination t where t.status = 'needs_attention' order by t.updated_at limit ${most})
      union all
      (select 3, 'audience', jsonb_build_object('id', a.id, 'name', a.name), null, null, null, null, null, a.problem,
        a.problem ->> 'at'
      from audience a where a.problem is not null and a.status <> 'archived' order by a.updated_at limit ${most})
      union all
      (select 4, 'sync', jsonb_build_object('id', a.id, 'name', a.name), jsonb_build_object('id', t.id, 'name', t.name),
        s.id, s.mode::text, null, null, s.problem, s.problem ->> 'at'
      from sync s join audience a on a.id = s.audience_id join destination t on t.id = s.destination_id
      where s.problem is not null and s.enabled and s.deleted_at is null and a.status <> 'archived'
        and t.status = 'connected' order by s.updated_at limit ${most})
    ) found order by place, at`)),
]

export type RunningRun = {
  id: string
  audience: Named
  status: 'requested' | 'running'
  since: string
  destinations: string[]
  planned: number
  sent: number
}

/** Runs that go on, oldest first, and how far their deliveries have come. */
export const whatRuns = async (orm: OrmRunner): Promise<RunningRun[]> => [
  ...(await orm.execute<RunningRun>(sql`
    select r.id, jsonb_build_object('id', a.id, 'name', a.name) as audience, r.status,
      coalesce(r.started_at, r.requested_at)::text as since, coalesce(d.destinations, '[]'::jsonb) as destinations,
      coalesce(d.planned, 0)::float8 as planned, coalesce(d.sent, 0)::float8 as sent
    from run r join audience a on a.id = r.audience_id
    left join lateral (
      select jsonb_agg(t.name order by t.name) as destinations,
        sum((d.counts ->> 'joined')::bigint + (d.counts ->> 'left')::bigint + (d.counts ->> 'updated')::bigint
          + (d.counts ->> 'again')::bigint - (d.counts ->> 'held')::bigint) as planned,
        sum((select sum(b.rows) from batch b where b.delivery_id = d.id and b.phase <> 'update_remove'
          and b.state not in ('prepared', 'split', 'dropped'))) as sent
      from delivery d join sync s on s.id = d.sync_id join destination t on t.id = s.destination_id
      where d.run_id = r.id) d on true
    where r.status in ('requested', 'running') order by 4 limit ${most}`)),
]

export type NextRefresh = { audience: Named; at: string; every: number | null }

/** Audiences in the order of their next refresh. */
export const whatComesNext = async (orm: OrmRunner): Promise<NextRefresh[]> => [
  ...(await orm.execute<NextRefresh>(sql`
    select jsonb_build_object('id', id, 'name', name) as audience, next_refresh_at::text as at,
      refresh_interval_ms::float8 as every
    from audience where status = 'active' and not paused and next_refresh_at is not null
    order by next_refresh_at limit 10`)),
]

export type Totals = {
  active: number
  paused: number
  draft: number
  members: number
  sources: number
  destinations: number
  syncs: number
}

export async function totals(orm: OrmRunner): Promise<Totals> {
  const [row] = await orm.execute<Totals>(sql`
    select count(*) filter (where status = 'active' and not paused)::int as active,
      count(*) filter (where status = 'active' and paused)::int as paused,
      count(*) filter (where status = 'draft')::int as draft,
      coalesce(sum(size) filter (where status = 'active'), 0)::float8 as members,
      (select count(*) from source)::int as sources, (select count(*) from destination)::int as destinations,
      (select count(*) from sync where enabled and deleted_at is null)::int as syncs
    from audience`)
  if (!row) throw new Error('The database counted audiences without an answer.')
  return row
}
