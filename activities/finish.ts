import { readDelivery, readSync } from '../db/queries/deliver.ts'
import { requestCancel } from '../db/queries/delivery.ts'
import { type Ending, finishDelivery as endDelivery, holdDelivery as hold } from '../db/queries/finish.ts'
import { closeRun } from '../db/queries/refresh.ts'
import { closeSettled, openReceipts } from '../db/queries/settle.ts'
import { alive } from './alive.ts'
import { releaseChanges } from './close-plan.ts'
import type { Context } from './context.ts'
import { problem } from './failure.ts'
import { type Hashed, hashedSoFar, stopped, whyStop } from './hash.ts'

export type FinishInput = {
  readonly deliveryId: string
  readonly status: Ending
  /** `retry`: it did not get through in time and asks for a retry run. `told`: the reason was recorded already. */
  readonly failure?: { readonly message: string; readonly kind: 'retry' | 'told' }
}

/** Ends a delivery and its run where it was the last; says whether receipts are still to be followed. */
export async function finishDelivery(
  context: Context,
  { deliveryId, status, failure }: FinishInput,
): Promise<{ audienceId: string | null; settleNeeded: boolean }> {
  const { sql } = context.db
  const retry = failure?.kind === 'retry'
  const told = retry
    ? problem(
        'not_finished',
        failure.message,
        'nobody: it is tried again',
        'Nothing to do. If it lasts, check the destination.',
      )
    : undefined
  const ended = await alive(() => endDelivery(sql, deliveryId, { status, problem: told, retry }))
  const open = await openReceipts(sql, deliveryId)
  if (open.length === 0) await closeSettled(sql, deliveryId)
  const delivery = await readDelivery(sql, deliveryId)
  if (delivery) await closeRun(sql, delivery.runId)
  return { audienceId: ended?.audienceId ?? null, settleNeeded: open.length > 0 }
}

/** The uploads that may go are out; the rest waits for a person. */
export async function holdDelivery(
  context: Context,
  { deliveryId }: { deliveryId: string },
): Promise<{ audienceId: string | null; settleNeeded: boolean }> {
  const { sql } = context.db
  await alive(() => hold(sql, deliveryId))
  const delivery = await readDelivery(sql, deliveryId)
  if (delivery) await closeRun(sql, delivery.runId)
  const sync = delivery && (await readSync(sql, delivery.syncId))
  return { audienceId: sync?.audienceId ?? null, settleNeeded: (await openReceipts(sql, deliveryId)).length > 0 }
}

/**
 * A person approved so many leaves, by this signal or at the API before it. Where neither number is what is held, nothing is
 * released.
 */
export async function releaseHeld(
  context: Context,
  { deliveryId, leaves }: { deliveryId: string; leaves: number },
): Promise<Hashed> {
  const { sql } = context.db
  const delivery = await readDelivery(sql, deliveryId)
  const sync = delivery && (await readSync(sql, delivery.syncId))
  const stop = whyStop(delivery, sync)
  if (!delivery || !sync || stop) return stopped(sync?.platform ?? '', stop ?? 'superseded')
  const { held } = delivery.counts
  if (delivery.status === 'held' && (held === leaves || held === delivery.approvedLeaves))
    await alive(() => releaseChanges(context, delivery, sync))
  return hashedSoFar(context, deliveryId, sync.platform)
}

/** Somebody sent the signal `cancel`: written where the work in hand looks for it. */
export async function cancelDelivery(context: Context, { deliveryId }: { deliveryId: string }): Promise<void> {
  await requestCancel(context.db.orm, deliveryId)
}
