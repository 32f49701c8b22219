import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm'
import { batch } from '../schema/batch.ts'
import { delivery } from '../schema/delivery.ts'
import type { OrmRunner } from './orm-runner.ts'

export type BatchRow = typeof batch.$inferSelect

/** Batches of a delivery in the order of their numbers, from behind `after`. */
export function listBatches(
  orm: OrmRunner,
  deliveryId: string,
  { after, limit }: { after: number; limit: number },
): Promise<BatchRow[]> {
  return orm
    .select()
    .from(batch)
    .where(and(eq(batch.deliveryId, deliveryId), gt(batch.number, after)))
    .orderBy(asc(batch.number))
    .limit(limit + 1)
}

/** Reasons that the platform gave for this delivery's batches, most frequent first. */
export async function platformReasons(
  orm: OrmRunner,
  deliveryId: string,
): Promise<{ reason: string; members: number }[]> {
  const rows = await orm.execute<{ reason: string; members: number }>(sql`
    select e.key as reason, sum(e.value::bigint)::float8 as members
    from ${batch} b cross join lateral jsonb_each_text(b.reasons) e
    where b.delivery_id = ${deliveryId} group by e.key order by members desc, reason limit 50`)
  return [...rows]
}

/** Why members of a sync are not at its destination now, most frequent first; since a moment, where one is given. */
export async function memberReasons(
  orm: OrmRunner,
  { syncNo, since }: { syncNo: number; since: Date },
): Promise<{ state: string; reason: string; members: number }[]> {
  const rows = await orm.execute<{ state: string; reason: string; members: number }>(sql`
    select l.state::text as state, coalesce(l.reason, 'not told') as reason, count(*)::float8 as members
    from ledger l where l.sync_no = ${syncNo} and l.state in ('unusable', 'rejected')
      and l.since >= ${since.toISOString()}::text::timestamptz
    group by 1, 2 order by members desc, reason limit 50`)
  return [...rows]
}

/** Approves the leaves of a held delivery, if they are still this many. */
export async function approveLeaves(orm: OrmRunner, id: string, leaves: number): Promise<boolean> {
  const rows = await orm
    .update(delivery)
    .set({ approvedLeaves: leaves })
    .where(
      and(
        eq(delivery.id, id),
        eq(delivery.status, 'held'),
        sql`(${delivery.counts} ->> 'held')::bigint = ${leaves}::bigint`,
      ),
    )
    .returning({ id: delivery.id })
  return rows.length > 0
}

/** Asks a delivery to stop. False when it has ended. */
export async function requestCancel(orm: OrmRunner, id: string): Promise<boolean> {
  const rows = await orm
    .update(delivery)
    .set({ cancelRequested: true })
    .where(and(eq(delivery.id, id), inArray(delivery.status, ['planned', 'hashing', 'uploading', 'held'])))
    .returning({ id: delivery.id })
  return rows.length > 0
}
