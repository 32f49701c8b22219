import { ApplicationFailure } from '@temporalio/common'
import { readDelivery, readSync, type SyncFacts, setDestinationProblem } from '../db/queries/deliver.ts'
import { recordProblem } from '../db/queries/finish.ts'
import { takeRequest } from '../db/queries/quota.ts'
import {
  beginSending,
  countUnanswered,
  forgetHeld,
  giveLeaseBack,
  holdLease,
  type Lease,
  type NextBatch,
  outcomes,
  readBatchMembers,
  rejectSingle,
  type Stop,
  splitBatch,
  storeReceipt,
  takeLease,
  unansweredBatches,
  undoRejections,
} from '../db/queries/upload.ts'
import type { Phase } from '../db/schema/index.ts'
import { batchMembers } from '../destinations/batch-members.ts'
import type { Batch, Receipt } from '../destinations/define.ts'
import { DestinationFailure } from '../destinations/failure.ts'
import { alive } from './alive.ts'
import { type Connected, connectTo, requestShareOfLease } from './connection.ts'
import type { Context } from './context.ts'
import { readBinary } from './copy-binary.ts'
import { problem, problemOf, waitFor } from './failure.ts'
import { type StopReason, whyStop } from './hash.ts'
import { allInDoubt, refusedOf } from './refused.ts'

export type UploadInput = { readonly deliveryId: string; readonly phase: Phase; readonly limit: number }
export type Uploaded = { readonly sent: number; readonly remaining: number; readonly stop?: StopReason | undefined }

/** So many members refused one by one, and none taken at all: then it is not the members. */
const refusedBeforeDoubt = 20
/** More than this that stay nobody knows who are not looked for one by one: it would use up the quota of the account. */
const mostSought = 20
/** A wait for a quota that is worth staying for; a longer one gives the place to others. */
const worthWaitingMs = 5_000

/** Sends the batches of a phase that have no answer, at most `limit`, several at a time. */
export async function upload(context: Context, input: UploadInput): Promise<Uploaded> {
  const { sql } = context.db
  const delivery = await readDelivery(sql, input.deliveryId)
  const sync = delivery && (await readSync(sql, delivery.syncId))
  const stop = whyStop(delivery, sync)
  if (!delivery || !sync || stop) return { sent: 0, remaining: 0, stop: stop ?? 'superseded' }
  return alive(async (signal) => {
    const lease = await leaseOf(context, input.deliveryId)
    if (!lease) return { sent: 0, remaining: 0, stop: 'superseded' as const }
    try {
      return await sendAll(context, sync, lease, input, signal)
    } finally {
      await giveLeaseBack(sql, lease)
    }
  })
}

async function leaseOf(context: Context, deliveryId: string): Promise<Lease | undefined> {
  const answer = await takeLease(context.db.sql, deliveryId, context.leaseMs)
  if ('lease' in answer) return answer.lease
  if ('ended' in answer) return undefined
  // an attempt that was thought dead may still be sending until then
  throw waitFor(answer.waitMs, 'an earlier attempt at this upload holds the lease until it runs out')
}

async function sendAll(
  context: Context,
  sync: SyncFacts,
  lease: Lease,
  input: UploadInput,
  signal: AbortSignal,
): Promise<Uploaded> {
  const { sql } = context.db
  // one lane that fails stops the others after the batch in hand
  const halt = new AbortController()
  const connected = connectTo(context, sync, signal)
  const work: Work = {
    context,
    sync,
    lease,
    phase: input.phase,
    connected,
    halted: () => halt.signal.aborted || signal.aborted,
  }
  let sent = 0
  while (sent < input.limit) {
    const batches = await unansweredBatches(sql, input.deliveryId, input.phase, input.limit - sent)
    if (batches.length === 0) break
    const next = batches.values()
    const lane = async () => {
      for (const batch of next) {
        if (work.halted()) return
        try {
          await sendBatch(work, batch)
          sent++
        } catch (error) {
          halt.abort()
          throw error
        }
      }
    }
    const lanes = await Promise.allSettled(Array.from({ length: connected.destination.limits.requestsInFlight }, lane))
    await connected.usageStored()
    const failures = lanes.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
    if (failures.length > 0) return await answerFailure(context, sync, lease, input, sent, mostSerious(failures))
    signal.throwIfAborted()
  }
  return { sent, remaining: await countUnanswered(sql, input.deliveryId, input.phase) }
}

type Work = {
  readonly context: Context
  readonly sync: SyncFacts
  readonly lease: Lease
  readonly phase: Phase
  readonly connected: Connected
  readonly halted: () => boolean
}

/** The delivery may not send any more. */
class Stopped extends Error {
  readonly stop: Stop
  constructor(stop: Stop) {
    super(stop)
    this.stop = stop
  }
}

async function sendBatch(work: Work, batch: NextBatch): Promise<void> {
  const { context, lease, connected } = work
  await quotaFor(work)
  let heldAt = performance.now()
  const stop = await beginSending(context.db.sql, lease, { id: batch.id, phase: work.phase })
  if (stop) throw new Stopped(stop)
  const full = await withMembers(work, batch)
  if (full.members.length === 0) return await store(work, batch, { state: 'confirmed' }, new Map(), 0)
  // a process that stood still meanwhile may have lost the lease: it must not send what was overtaken
  while (performance.now() - heldAt > lease.ttlMs * (1 - requestShareOfLease)) {
    heldAt = performance.now()
    const lost = await holdLease(context.db.sql, lease)
    if (lost) throw new Stopped(lost)
  }
  try {
    const receipt = await connected.opened.upload(full)
    const keys = full.members.map(({ key }) => key)
    const { rejected, unnamed } = refusedOf(receipt, keys.length, keys)
    if (batch.operation === 'add' || unnamed === 0) return await store(work, batch, receipt, rejected, keys.length)
    // who stays in a list unseen was not removed: halves find out who it is, and removing somebody again does no harm
    if (unnamed <= mostSought) return await halve(work, batch)
    await store(work, batch, receipt, allInDoubt({ rejected, unnamed }, keys.length, keys), keys.length)
  } catch (error) {
    if (!(error instanceof DestinationFailure && error.kind === 'config' && error.rowsSuspect)) throw error
    await isolate(work, batch, error)
  }
}

async function quotaFor({ context, connected }: Work): Promise<void> {
  for (const quota of connected.opened.quotas) {
    for (;;) {
      const wait = await takeRequest(context.db.sql, quota)
      if (wait === 0) break
      if (wait > worthWaitingMs) throw waitFor(wait, `the quota ${quota.key} is used up`)
      await new Promise((resolve) => setTimeout(resolve, wait))
    }
  }
}

/** The members of a batch as the destination takes them. Header and rows come from one unpacking. */
async function withMembers({ context, sync, connected }: Work, batch: NextBatch): Promise<Batch> {
  const keys: string[] = []
  const packed: Buffer[] = []
  const rows = readBatchMembers(context.db.sql, sync.no, batch.id)
  for await (const chunk of readBinary(rows)) {
    for (const row of chunk) {
      keys.push(row.uuid(0))
      packed.push(row.bytes(1))
    }
  }
  return {
    id: batch.id,
    operation: batch.operation,
    listId: batch.listId,
    ...batchMembers(connected.destination.identifiers, keys, packed),
    repeated: batch.attempts > 0,
  }
}

async function store(
  work: Work,
  batch: NextBatch,
  receipt: Receipt,
  rejected: ReadonlyMap<string, string>,
  sent: number,
): Promise<void> {
  const { context, connected, lease, sync } = work
  const { destination, scaled } = connected
  const stored = await storeReceipt(
    context.db.sql,
    lease,
    { id: batch.id, syncNo: sync.no, operation: batch.operation },
    { ...receipt, askAfterMs: scaled(destination.settlement.firstAskAfterMs) },
    rejected,
    // an answer without counts, or that did not count everybody: `settle` learns whether somebody stayed
    !destination.removalIsAsync && (receipt.received ?? 0) >= sent,
  )
  if (!stored) throw new Stopped('lease_lost')
}

/**
 * One bad row never costs its neighbours: a batch that was refused as a whole goes on as two halves, down to the row.
 * Where everything is refused alike it is not the rows.
 */
async function isolate(work: Work, batch: NextBatch, refused: DestinationFailure): Promise<void> {
  const { context, lease, sync } = work
  const at = { id: batch.id, syncNo: sync.no }
  if (batch.rows > 1) return await halve(work, batch)
  const { taken, singlesRefused } = await outcomes(context.db.sql, lease.deliveryId)
  if (taken === 0 && singlesRefused >= refusedBeforeDoubt) {
    await undoRejections(context.db.sql, lease.deliveryId, sync.no)
    throw refused
  }
  const reason = refused.code ? `${refused.message} (${refused.code})` : refused.message
  if (!(await rejectSingle(context.db.sql, lease, at, reason))) throw new Stopped('lease_lost')
}

async function halve({ context, lease, sync }: Work, batch: NextBatch): Promise<void> {
  if (!(await splitBatch(context.db.sql, lease, { id: batch.id, syncNo: sync.no }))) throw new Stopped('lease_lost')
}

/** A stop or a failure for a person counts more than one that passes. */
function mostSerious(failures: readonly unknown[]): unknown {
  const rank = (failure: unknown) => {
    if (failure instanceof Stopped) return 0
    if (failure instanceof DestinationFailure) return { auth: 1, config: 2, throttled: 3, retry: 4 }[failure.kind]
    return 5
  }
  return [...failures].sort((a, b) => rank(a) - rank(b))[0]
}

async function answerFailure(
  context: Context,
  sync: SyncFacts,
  lease: Lease,
  input: UploadInput,
  sent: number,
  failure: unknown,
): Promise<Uploaded> {
  const { sql } = context.db
  if (failure instanceof Stopped) {
    if (failure.stop === 'lease_lost') throw waitFor(1_000, 'another attempt at this upload took over')
    if (failure.stop !== 'disconnected') return { sent, remaining: 0, stop: failure.stop }
    const what = `${sync.destinationName} is not connected.`
    await recordProblem(
      sql,
      input.deliveryId,
      problem('destination_disconnected', what, 'an administrator', 'Check and reconnect the destination.'),
    )
    return { sent, remaining: 0, stop: 'failed' }
  }
  if (!(failure instanceof DestinationFailure)) throw failure
  const told = problemOf(failure)
  if (failure.kind === 'auth') await setDestinationProblem(sql, sync, told)
  if (failure.listGone && sync.intent === 'empty') {
    // the list took everybody with it who was to be taken out of it
    await recordProblem(sql, input.deliveryId, told)
    if (!(await forgetHeld(sql, lease, sync.no, 'list_gone'))) throw waitFor(1_000, 'another attempt took over')
    return { sent, remaining: 0 }
  }
  if (failure.kind === 'auth' || failure.kind === 'config') {
    await recordProblem(sql, input.deliveryId, told)
    return { sent, remaining: 0, stop: 'failed' }
  }
  const delay = failure.retryAfterMs
  if (delay === undefined) throw ApplicationFailure.create({ message: told.what, type: failure.kind })
  const scaled = sync.sandbox ? delay / context.sandboxTimeScale : delay
  throw waitFor(scaled, told.what)
}
