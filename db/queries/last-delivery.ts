import { desc, inArray } from 'drizzle-orm'
import { delivery } from '../schema/delivery.ts'
import type { OrmRunner } from './orm-runner.ts'

export type LastDelivery = Pick<
  typeof delivery.$inferSelect,
  'id' | 'runId' | 'status' | 'counts' | 'startedAt' | 'uploadedAt' | 'settledAt' | 'problem'
>

/** The newest delivery of each of these syncs that had one. */
export async function lastDeliveries(orm: OrmRunner, syncIds: readonly string[]): Promise<Map<string, LastDelivery>> {
  if (syncIds.length === 0) return new Map()
  const rows = await orm
    .selectDistinctOn([delivery.syncId], {
      id: delivery.id,
      runId: delivery.runId,
      syncId: delivery.syncId,
      status: delivery.status,
      counts: delivery.counts,
      startedAt: delivery.startedAt,
      uploadedAt: delivery.uploadedAt,
      settledAt: delivery.settledAt,
      problem: delivery.problem,
    })
    .from(delivery)
    .where(inArray(delivery.syncId, [...syncIds]))
    .orderBy(delivery.syncId, desc(delivery.startedAt))
  return new Map(rows.map(({ syncId, ...rest }) => [syncId, rest]))
}
