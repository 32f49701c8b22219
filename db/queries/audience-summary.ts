import { and, inArray, isNull, sql } from 'drizzle-orm'
import { sync } from '../schema/sync.ts'
import type { OrmRunner } from './orm-runner.ts'
import { type SyncWithNames, syncsWhere } from './sync.ts'

export type Trend = { readonly refreshedAt: Date | null; readonly sizes: number[] }

const shownSizes = 24

/** Of each audience the sizes of its last runs, oldest first, and when it was read last. */
export async function trendsOf(orm: OrmRunner, ids: readonly string[]): Promise<Map<string, Trend>> {
  if (ids.length === 0) return new Map()
  const rows = await orm.execute<{ id: string; at: string | null; sizes: number[] | null }>(sql`
    select a.id, t.at::text, t.sizes
    from unnest(${sql.param([...ids])}::uuid[]) a (id)
    cross join lateral (
      select max(coalesce(r.finished_at, r.started_at)) as at, array_agg(r.size::float8 order by r.requested_at) as sizes
      from (select * from run where audience_id = a.id and size is not null order by requested_at desc limit ${shownSizes}) r) t`)
  return new Map(
    rows.map(({ id, at, sizes }) => [id, { refreshedAt: at === null ? null : new Date(at), sizes: sizes ?? [] }]),
  )
}

/** Live syncs of these audiences. */
export const syncsOfAudiences = (orm: OrmRunner, ids: readonly string[]): Promise<SyncWithNames[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : syncsWhere(orm, and(inArray(sync.audienceId, [...ids]), isNull(sync.deletedAt)))
