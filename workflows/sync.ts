import { HandlerUnfinishedPolicy, WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import {
  ActivityFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  ParentClosePolicy,
  setCurrentDetails,
  setHandler,
  startChild,
} from '@temporalio/workflow'
import type { Hashed } from '../activities/hash.ts'
import type { Uploaded } from '../activities/upload.ts'
import { cancelDelivery, finishDelivery, hash, holdDelivery, releaseHeld, uploadBatches } from './activities.ts'
import { audienceSignals, queries, type SyncInput, syncSignals, workflowIds } from './names.ts'
import { refuseOtherId } from './only-one.ts'
import { batchesPerUpload } from './options.ts'
import { reasonOf } from './reason.ts'
import { settle } from './settle.ts'
import { tellUnknownSignals } from './unknown-signals.ts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** In this order: an update's old identifiers go before its new ones come. */
const phases = ['join', 'leave', 'update_remove', 'update_add'] as const

type Ending = 'uploaded' | 'superseded' | 'cancelled' | 'discarded' | 'failed'
type Ended = {
  readonly status: Ending
  readonly failure?: { readonly message: string; readonly kind: 'retry' | 'told' }
}

/** Brings one delivery to its destination: hash, then upload phase by phase; leaves that are too many wait for a person. */
export async function sync(input: SyncInput): Promise<void> {
  refuseOtherId(workflowIds.sync(input?.syncId))
  const { deliveryId, name } = input
  let progress = 'hashing'
  let cancelled = false
  let next: string | undefined
  let answer: { approve: number } | 'discard' | undefined

  // Typed by hand in the Temporal UI: whatever makes no sense is noted and ignored, and nothing is thrown.
  setHandler(
    defineSignal<[unknown]>(syncSignals.approve),
    (leaves) => {
      const count = countIn(leaves)
      if (count !== undefined) answer = { approve: count }
      else log.warn('approve ignored: it takes the number of leaves that wait, such as 1204')
    },
    { description: 'Let the held leaves go out. Takes their number.' },
  )
  setHandler(
    defineSignal(syncSignals.discard),
    () => {
      answer = 'discard'
    },
    { description: 'Drop the held leaves.' },
  )
  setHandler(
    defineSignal(syncSignals.cancel),
    async () => {
      cancelled = true
      // the work in hand reads it between two batches
      await CancellationScope.nonCancellable(() => cancelDelivery({ deliveryId }, `${name} · cancel`))
    },
    { description: 'Stop after the batch in hand.', unfinishedPolicy: HandlerUnfinishedPolicy.ABANDON },
  )
  setHandler(
    defineSignal<[unknown]>(syncSignals.supersede),
    (other) => {
      if (typeof other !== 'string' || !uuid.test(other)) log.warn('supersede ignored: it takes the id of a delivery')
      else if (other !== deliveryId) next = other
    },
    { description: 'Sent by the audience: another delivery takes over.' },
  )
  tellUnknownSignals()
  setHandler(defineQuery(queries.progress), () => progress)

  const show = (text: string, signals = '`cancel`') => {
    progress = text
    setCurrentDetails(`**${name}**: ${text}.\n\nDelivery ${deliveryId}. Signals: ${signals}.`)
  }

  /** How the delivery ends; undefined where another one takes over from the held one. */
  const deliver = async (): Promise<Ended | undefined> => {
    show('hashing')
    let hashed: Hashed = await hash({ deliveryId }, `${name} · hash`)
    for (;;) {
      const stop = hashed.stop ?? (await uploadAll(input, hashed, show, () => cancelled))
      if (stop === 'failed') return { status: 'failed', failure: told }
      if (stop) return { status: stop === 'stage_lost' ? 'superseded' : stop }
      if (hashed.held === 0) return { status: 'uploaded' }
      // Held: the leaves wait for a person, for as long as it takes; a later run takes over with a fresh judgement.
      show(
        `${hashed.held} leaves are held: a person approves or discards them`,
        '`approve` (with their number), `discard`',
      )
      const held = await holdDelivery({ deliveryId }, `${name} · hold ${hashed.held} leaves`)
      if (held.settleNeeded) await startSettling(input)
      await tellAudience(held.audienceId)
      await condition(() => answer !== undefined || cancelled || next !== undefined)
      if (next !== undefined) return undefined
      if (cancelled) return { status: 'cancelled' }
      if (answer === 'discard') return { status: 'discarded' }
      const leaves = answer?.approve ?? -1
      answer = undefined
      hashed = await releaseHeld({ deliveryId, leaves }, `${name} · approve ${leaves} leaves`)
      if (hashed.held > 0) log.warn(`approve ${leaves} does not fit: ${hashed.held} leaves are held`)
    }
  }

  let cancellation: unknown
  try {
    const ended = await deliver()
    if (ended) await end(input, ended)
  } catch (error) {
    if (isCancellation(error)) {
      cancellation = error
      await end(input, { status: 'cancelled' })
    } else if (error instanceof ActivityFailure) {
      await end(input, { status: 'failed', failure: { message: reasonOf(error), kind: 'retry' } })
    } else throw error
  }
  if (next !== undefined) await continueAsNew<typeof sync>({ ...input, deliveryId: next })
  if (cancellation) throw cancellation
}

/** Its reason was recorded where it happened. */
const told = { message: '', kind: 'told' } as const

/** The number of leaves in what was typed: `1204`, `"1204"` or `{"leaves": 1204}`. */
function countIn(typed: unknown): number | undefined {
  const given = typeof typed === 'object' && typed !== null && 'leaves' in typed ? typed.leaves : typed
  if (typeof given !== 'number' && !(typeof given === 'string' && /^\s*\d+\s*$/.test(given))) return undefined
  const count = Number(given)
  return Number.isSafeInteger(count) && count >= 0 ? count : undefined
}

/** Ends the delivery and tells whoever goes on from here; also when the workflow is being cancelled. */
const end = (input: SyncInput, ended: Ended) =>
  CancellationScope.nonCancellable(async () => {
    const finish = { deliveryId: input.deliveryId, ...ended }
    const { audienceId, settleNeeded } = await finishDelivery(finish, `${input.name} · ${ended.status}`)
    if (settleNeeded) await startSettling(input)
    await tellAudience(audienceId)
  })

/** The audience shows how its syncs are, and may have more to do. */
async function tellAudience(audienceId: string | null): Promise<void> {
  if (!audienceId) return
  const parent = getExternalWorkflowHandle(workflowIds.audience(audienceId))
  await parent.signal(audienceSignals.deliveryFinished).catch(() => log.warn('the audience has no workflow now'))
}

/** Uploads all phases; returns why it stopped early, if it did. */
async function uploadAll(
  { deliveryId, name }: SyncInput,
  hashed: Hashed,
  show: (text: string) => void,
  cancelled: () => boolean,
): Promise<Hashed['stop']> {
  for (const phase of phases) {
    const total = hashed.batches[phase]
    let result: Uploaded = { sent: 0, remaining: total }
    let done = 0
    while (result.remaining > 0) {
      if (cancelled()) return 'cancelled'
      const to = Math.min(done + batchesPerUpload, done + result.remaining)
      show(`uploading ${labels[phase]}, batch ${done + 1} of ${done + result.remaining}`)
      const summary = `${name} · ${labels[phase]} · batches ${done + 1} to ${to}`
      result = await uploadBatches({ deliveryId, phase, limit: batchesPerUpload }, hashed.platform, summary)
      if (result.stop) return result.stop
      done += result.sent
    }
  }
  return undefined
}

const labels = {
  join: 'joins',
  leave: 'leaves',
  update_remove: 'updates, old identifiers',
  update_add: 'updates',
} as const

/** Receipts are followed by a workflow of their own, so that the sync is free. One that runs already goes on. */
async function startSettling({ deliveryId, name }: SyncInput): Promise<void> {
  try {
    await startChild(settle, {
      workflowId: workflowIds.settle(deliveryId),
      args: [{ deliveryId, name }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      memo: { sync: name },
      staticSummary: name,
    })
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    log.info('the receipts are being followed already')
  }
}
