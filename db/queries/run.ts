import { and, eq, inArray } from 'drizzle-orm'
import { audience } from '../schema/audience.ts'
import { delivery } from '../schema/delivery.ts'
import { destination } from '../schema/destination.ts'
import { run } from '../schema/run.ts'
import { sync } from '../schema/sync.ts'
import type { OrmRunner } from './orm-runner.ts'
import { beyond, newestFirst, type Page } from './page.ts'

export type RunRow = typeof run.$inferSelect
export type DeliveryRow = typeof delivery.$inferSelect
export type DeliveryOfRun = {
  delivery: DeliveryRow
  listName: string | null
  mode: (typeof sync.$inferSelect)['mode']
  destination: { id: string; name: string; platform: string }
}

export function listRuns(orm: OrmRunner, audienceId: string, { after, limit }: Page): Promise<RunRow[]> {
  return orm
    .select()
    .from(run)
    .where(and(eq(run.audienceId, audienceId), beyond(run.requestedAt, run.id, after)))
    .orderBy(...newestFirst(run.requestedAt, run.id))
    .limit(limit + 1)
}

export async function findRun(orm: OrmRunner, id: string): Promise<RunRow | undefined> {
  const [row] = await orm.select().from(run).where(eq(run.id, id))
  return row
}

/** Deliveries of these runs, with where each goes. */
export async function deliveriesOfRuns(orm: OrmRunner, runIds: readonly string[]): Promise<DeliveryOfRun[]> {
  if (runIds.length === 0) return []
  return withNames(orm)
    .where(inArray(delivery.runId, [...runIds]))
    .orderBy(delivery.startedAt, delivery.id)
}

export async function findDelivery(orm: OrmRunner, id: string) {
  const [row] = await withNames(orm).where(eq(delivery.id, id))
  return row
}

const withNames = (orm: OrmRunner) =>
  orm
    .select({
      delivery,
      listName: sync.listName,
      mode: sync.mode,
      syncNo: sync.no,
      audience: { id: audience.id, name: audience.name, status: audience.status },
      destination: { id: destination.id, name: destination.name, platform: destination.platform },
    })
    .from(delivery)
    .innerJoin(sync, eq(sync.id, delivery.syncId))
    .innerJoin(audience, eq(audience.id, sync.audienceId))
    .innerJoin(destination, eq(destination.id, sync.destinationId))
