import { type DeliveryFacts, readDelivery, readSync, type SyncFacts } from '../db/queries/deliver.ts'
import { countBatches } from '../db/queries/hash.ts'
import type { Phase } from '../db/schema/index.ts'
import { alive } from './alive.ts'
import { closePlan } from './close-plan.ts'
import type { Context } from './context.ts'
import { hashPlan } from './hash-plan.ts'

/** Why a delivery ends before it is done. */
export type StopReason = 'superseded' | 'cancelled' | 'failed' | 'stage_lost'

export type Hashed = {
  readonly platform: string
  readonly batches: Readonly<Record<Phase, number>>
  /** Leaves and updates that wait for a person. */
  readonly held: number
  readonly stop?: StopReason | undefined
}

/** Maps, normalises and hashes what a delivery has planned, and numbers it in batches. Goes on where it was stopped. */
export async function hash(context: Context, { deliveryId }: { deliveryId: string }): Promise<Hashed> {
  const { sql } = context.db
  const delivery = await readDelivery(sql, deliveryId)
  const sync = delivery && (await readSync(sql, delivery.syncId))
  const stop = whyStop(delivery, sync)
  if (!delivery || !sync || stop) return stopped(sync?.platform ?? '', stop ?? 'superseded')
  if (delivery.status === 'planned' || delivery.status === 'hashing') {
    const done = await alive(async (signal) => {
      const hashed = await hashPlan(context, delivery, sync, signal)
      if (hashed === 'done') await closePlan(context, delivery, sync)
      return hashed
    })
    if (done === 'stage_lost') return stopped(sync.platform, 'stage_lost')
  }
  return hashedSoFar(context, deliveryId, sync.platform)
}

/** What of a delivery is numbered and waits to be sent, and what waits for a person. */
export async function hashedSoFar(context: Context, deliveryId: string, platform: string): Promise<Hashed> {
  const { sql } = context.db
  const delivery = await readDelivery(sql, deliveryId)
  return { platform, batches: await countBatches(sql, deliveryId), held: delivery?.counts.held ?? 0 }
}

export const stopped = (platform: string, stop: StopReason): Hashed => ({
  platform,
  batches: { join: 0, leave: 0, update_remove: 0, update_add: 0 },
  held: 0,
  stop,
})

export function whyStop(delivery: DeliveryFacts | undefined, sync: SyncFacts | undefined): StopReason | undefined {
  if (!delivery || !sync || sync.deletedAt || sync.listId === null) return 'superseded'
  if (!['planned', 'hashing', 'uploading', 'held'].includes(delivery.status)) return 'superseded'
  if (delivery.cancelRequested) return 'cancelled'
  return sync.version === delivery.syncVersion ? undefined : 'superseded'
}
