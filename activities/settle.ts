import { readDelivery, readSync, type SyncFacts, setDestinationProblem } from '../db/queries/deliver.ts'
import { completeEmptying, emptiedSyncs } from '../db/queries/finish.ts'
import { closeRun, requestRun } from '../db/queries/refresh.ts'
import { askLater, closeSettled, type OpenReceipt, openReceipts, storeFinalWord } from '../db/queries/settle.ts'
import { keysInBatch } from '../db/queries/upload.ts'
import type { Open, Settled } from '../destinations/define.ts'
import { DestinationFailure } from '../destinations/failure.ts'
import { alive } from './alive.ts'
import { membersOf } from './batch-members.ts'
import { type Connected, connectTo } from './connection.ts'
import type { Context } from './context.ts'
import { problemOf, waitFor } from './failure.ts'
import { quotaCode } from './pace.ts'
import { allInDoubt, refusedOf } from './refused.ts'

const unreachableRetryMs = 60_000

/** Asks for the receipts of a delivery that are due. Returns how many stay open, and when to ask again. */
export async function settle(
  context: Context,
  { deliveryId }: { deliveryId: string },
): Promise<{ open: number; askAgainAfterMs: number }> {
  const { sql } = context.db
  const delivery = await readDelivery(sql, deliveryId)
  const sync = delivery && (await readSync(sql, delivery.syncId))
  if (!delivery || !sync) return { open: 0, askAgainAfterMs: 0 }
  await alive(async (signal) => {
    const connected = connectTo(context, sync, { signal })
    for (const receipt of await openReceipts(sql, deliveryId)) {
      signal.throwIfAborted()
      if (receipt.dueInMs === 0) await ask(context, sync, connected, { ...receipt, deliveryId })
    }
    await connected.usageStored()
  })
  const left = await openReceipts(sql, deliveryId)
  return { open: left.length, askAgainAfterMs: Math.max(100, left[0]?.dueInMs ?? 0) }
}

async function ask(
  context: Context,
  sync: SyncFacts,
  { destination, opened, scaled }: Connected,
  open: OpenReceipt & { deliveryId: string },
): Promise<void> {
  const { sql } = context.db
  const receipt = { ...open, syncNo: sync.no }
  const members = () => membersOf(context, sync, destination, receipt.id)
  const disconnected = (failure: DestinationFailure) => setDestinationProblem(sql, sync, problemOf(failure))
  const word = await wordOn(opened, { ...receipt, settings: sync.syncSettings, members }, scaled, disconnected)
  const late = Date.now() - receipt.answeredAt.getTime() > scaled(destination.settlement.deadlineMs)
  if (word.state === 'pending' && !late) return askLater(sql, receipt.id, scaled(word.askAgainAfterMs))
  if (word.state === 'pending') return storeFinalWord(sql, receipt, { state: 'unconfirmed' }, new Map())
  // whoever did not arrive was not refused: of the others only those are who are named
  if (word.state === 'unconfirmed') return storeFinalWord(sql, receipt, word, word.rejected ?? new Map())
  const keys = word.refused ? await keysInBatch(sql, sync.no, receipt.id) : []
  const refused = refusedOf(word, receipt.rows, keys)
  if (refused.unnamed === 0 || word.state === 'rejected') return storeFinalWord(sql, receipt, word, refused.rejected)
  // counts without names: the members stay accepted and the batch says how many; but nobody is taken for removed
  const rejected = receipt.operation === 'add' ? refused.rejected : allInDoubt(refused, receipt.rows, keys)
  await storeFinalWord(sql, receipt, { ...word, state: 'accepted' }, rejected)
}

/**
 * A platform that cannot be asked now is asked again; its last word is not made up. Where the list is gone it has none. Where
 * a person must act, `disconnected` tells.
 */
async function wordOn(
  opened: Connected['opened'],
  receipt: OpenReceipt & Pick<Open, 'settings' | 'members'>,
  scaled: (ms: number) => number,
  disconnected: (failure: DestinationFailure) => Promise<void>,
): Promise<Settled> {
  try {
    return await opened.settle({ ...receipt, sentAt: receipt.answeredAt })
  } catch (error) {
    if (!(error instanceof DestinationFailure)) throw error
    if (error.kind === 'throttled') throw waitFor(waitOf(error, scaled), error.message)
    if (error.listGone) return { state: 'unconfirmed' }
    if (error.kind === 'auth') await disconnected(error)
    return { state: 'pending', askAgainAfterMs: error.retryAfterMs ?? unreachableRetryMs }
  }
}

/** Our own count of a quota runs on our clock; what a sandbox asks for is scaled. */
const waitOf = ({ code, retryAfterMs = unreachableRetryMs }: DestinationFailure, scaled: (ms: number) => number) =>
  code === quotaCode ? retryAfterMs : scaled(retryAfterMs)

/**
 * The last receipt is final: the delivery and perhaps its run are settled, and what waited for that goes on. `open`
 * counts receipts that came meanwhile.
 */
export async function finishSettling(
  context: Context,
  { deliveryId }: { deliveryId: string },
): Promise<{ audienceId: string | null; wanted: boolean; open: number }> {
  const { sql } = context.db
  const [closed] = await closeSettled(sql, deliveryId)
  const delivery = await readDelivery(sql, deliveryId)
  if (delivery) await closeRun(sql, delivery.runId)
  const open = (await openReceipts(sql, deliveryId)).length
  if (!closed) return { audienceId: null, wanted: false, open }
  if (closed.missed) await requestRun(sql, closed.audienceId, 'caught_up')
  const emptied = await emptiedSyncs(sql, closed.audienceId)
  for (const sync of emptied) await completeEmptying(sql, sync)
  return { audienceId: closed.audienceId, wanted: closed.missed || closed.toBeRetried || emptied.length > 0, open }
}
