import { ApplicationFailure } from '@temporalio/common'
import { readDelivery, readSync, type SyncFacts, setDestinationProblem } from '../db/queries/deliver.ts'
import { recordProblem } from '../db/queries/finish.ts'
import {
  beginSending,
  countUnanswered,
  forgetHeld,
  giveLeaseBack,
  type Lease,
  type NextBatch,
  noteWaiting,
  outcomes,
  rejectSingle,
  type Stop,
  setAside,
  splitBatch,
  storeReceipt,
  takeLease,
  unansweredBatches,
  undoRejections,
} from '../db/queries/upload.ts'
import type { Phase } from '../db/schema/index.ts'
import type { Receipt } from '../destinations/define.ts'
import { DestinationFailure } from '../destinations/failure.ts'
import { alive } from './alive.ts'
import { membersOf } from './batch-members.ts'
import { type Connected, connectTo } from './connection.ts'
import type { Context } from './context.ts'
import { problem, problemOf, waitFor } from './failure.ts'
import { type StopReason, whyStop } from './hash.ts'
import { quotaCode } from './pace.ts'

export type UploadInput = { readonly deliveryId: string; readonly phase: Phase; readonly limit: number }
export type Uploaded = { readonly sent: number; readonly remaining: number; readonly stop?: StopReason | undefined }

/** So many members refused one by one, and none taken at all: then it is not the members. */
const refusedBeforeDoubt = 20

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
  const operation = input.phase === 'leave' || input.phase === 'update_remove' ? 'remove' : 'add'
  const connected = connectTo(context, sync, { signal, operation })
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
  const { context, lease, sync, connected } = work
  const stop = await beginSending(context.db.sql, lease, { id: batch.id, phase: work.phase })
  if (stop) throw new Stopped(stop)
  const people = await membersOf(context, sync, connected.destination, batch.id)
  if (people.members.length === 0) return await store(work, batch, { state: 'confirmed' })
  const { id, operation, listId, attempts, sentAt } = batch
  try {
    const receipt = await connected.opened.upload({
      ...people,
      id,
      operation,
      listId,
      settings: sync.syncSettings,
      repeated: attempts > 0,
      since: sentAt ?? new Date(),
    })
    await store(work, batch, receipt)
  } catch (error) {
    if (!(error instanceof DestinationFailure && error.kind === 'config')) throw error
    if (error.members.size > 0) await setMembersAside(work, { ...batch, rows: people.members.length }, error)
    else if (error.rowsSuspect) await isolate(work, batch, error)
    else throw error
  }
}

/** Whoever a whole request was refused for is set aside and the rest goes on. Where it is everybody, it is not the rows. */
async function setMembersAside(work: Work, batch: NextBatch, refused: DestinationFailure): Promise<void> {
  const { context, lease, sync } = work
  if (refused.members.size >= batch.rows && batch.rows >= refusedBeforeDoubt) throw refused
  const at = { id: batch.id, syncNo: sync.no }
  if (!(await setAside(context.db.sql, lease, at, refused.members))) throw new Stopped('lease_lost')
}

async function store(work: Work, batch: NextBatch, receipt: Receipt): Promise<void> {
  const { context, connected, lease, sync } = work
  const { destination, scaled } = connected
  const stored = await storeReceipt(
    context.db.sql,
    lease,
    { id: batch.id, syncNo: sync.no, operation: batch.operation },
    { ...receipt, askAfterMs: scaled(destination.settlement.firstAskAfterMs) },
    receipt.rejected ?? new Map(),
    !destination.removalIsAsync,
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
  if (batch.rows > 1) {
    if (!(await splitBatch(context.db.sql, lease, at))) throw new Stopped('lease_lost')
    return
  }
  const { taken, singlesRefused } = await outcomes(context.db.sql, lease.deliveryId)
  if (taken === 0 && singlesRefused >= refusedBeforeDoubt) {
    await undoRejections(context.db.sql, lease.deliveryId, sync.no)
    throw refused
  }
  const reason = refused.code ? `${refused.message} (${refused.code})` : refused.message
  if (!(await rejectSingle(context.db.sql, lease, at, reason))) throw new Stopped('lease_lost')
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
  // our own count of a quota runs on our clock; what a sandbox asks for is scaled
  const waitMs = sync.sandbox && failure.code !== quotaCode ? delay / context.sandboxTimeScale : delay
  await noteWaiting(sql, input.deliveryId, told.what, waitMs)
  throw waitFor(waitMs, `${told.what} It goes on at ${new Date(Date.now() + waitMs).toISOString()}.`)
}
