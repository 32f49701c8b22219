import { ApplicationFailure } from '@temporalio/common'
import type { Sql } from '../db/connect.ts'
import { readDelivery, readSync, type SyncFacts, setDestinationProblem } from '../db/queries/deliver.ts'
import { recordProblem } from '../db/queries/finish.ts'
import { missList } from '../db/queries/list-check.ts'
import {
  beginSending,
  countUnanswered,
  forgetHeld,
  giveLeaseBack,
  holdLease,
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
import { type Connected, connectTo, requestShareOfLease } from './connection.ts'
import type { Context } from './context.ts'
import { problem, problemOf, unseenList, waitFor } from './failure.ts'
import { handOver } from './hand-over.ts'
import { type StopReason, whyStop } from './hash.ts'
import { quotaCode } from './pace.ts'
import { allInDoubt, refusedOf } from './refused.ts'

export type UploadInput = { readonly deliveryId: string; readonly phase: Phase; readonly limit: number }
export type Uploaded = { readonly sent: number; readonly remaining: number; readonly stop?: StopReason | undefined }

/** So many members refused one by one, and none taken at all: then it is not the members. */
const refusedBeforeDoubt = 20
/** More than this that stay nobody knows who are not looked for one by one: it would use up the quota of the account. */
const mostSought = 20

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
  const held = holding(sql, lease)
  const connected = connectTo(context, sync, { signal, operation, beforeRequest: held.on })
  const work: Work = {
    context,
    sync,
    lease,
    phase: input.phase,
    connected,
    held,
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
  readonly held: Holding
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

type Holding = {
  /** The lease was held on by a statement that began at this time of `performance.now()`. */
  readonly since: (asked: number) => void
  /** Resolves while enough of the lease is left for a request; throws `Stopped` when it cannot be held on. */
  readonly on: () => Promise<void>
}

/** A process that stood still, or waited for a quota, may have lost the lease: it must not send what was overtaken. */
function holding(sql: Sql, lease: Lease): Holding {
  let heldAt = Number.NEGATIVE_INFINITY
  const since = (asked: number) => {
    heldAt = Math.max(heldAt, asked)
  }
  const on = async () => {
    while (performance.now() - heldAt > lease.ttlMs * (1 - requestShareOfLease)) {
      const asked = performance.now()
      const lost = await holdLease(sql, lease)
      if (lost) throw new Stopped(lost)
      since(asked)
    }
  }
  return { since, on }
}

async function sendBatch(work: Work, batch: NextBatch): Promise<void> {
  const { context, lease, sync, connected } = work
  const asked = performance.now()
  const stop = await beginSending(context.db.sql, lease, { id: batch.id, phase: work.phase })
  if (stop) throw new Stopped(stop)
  work.held.since(asked)
  const people = await membersOf(context, sync, connected.destination, batch.id)
  if (people.members.length === 0) return await store(work, batch, { state: 'confirmed' }, new Map(), 0)
  try {
    const receipt = await handOver(connected, sync, batch, people)
    const keys = people.members.map(({ key }) => key)
    const { rejected, unnamed } = refusedOf(receipt, keys.length, keys)
    if (batch.operation === 'add' || unnamed === 0) return await store(work, batch, receipt, rejected, keys.length)
    // who stays in a list unseen was not removed: halves find out who it is, and removing somebody again does no harm
    if (unnamed <= mostSought) return await halve(work, batch)
    await store(work, batch, receipt, allInDoubt({ rejected, unnamed }, keys.length, keys), keys.length)
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
  const told = sync.intent === 'empty' && failure.listGone ? unseenList(failure) : problemOf(failure)
  if (failure.kind === 'auth') await setDestinationProblem(sql, sync, told)
  if (failure.listGone) await missList(sql, sync, failure.listDeleted)
  if (failure.listDeleted && sync.intent === 'empty') {
    // the list took everybody with it who was to be taken out of it; one that is only not seen still holds them
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
