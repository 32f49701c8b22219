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
  setDefaultSignalHandler,
  setHandler,
  startChild,
} from '@temporalio/workflow'
import type { Hashed } from '../activities/hash.ts'
import type { Uploaded } from '../activities/upload.ts'
import { finishDelivery, hash, holdDelivery, releaseHeld, uploadBatches } from './activities.ts'
import { audienceSignals, queries, type SyncInput, syncSignals, workflowIds } from './names.ts'
import { batchesPerUpload } from './options.ts'
import { settle } from './settle.ts'

/** In this order: an update's old identifiers go before its new ones come. */
const phases = ['join', 'leave', 'update_remove', 'update_add'] as const

type Ending = 'uploaded' | 'superseded' | 'cancelled' | 'discarded' | 'failed'

/** Brings one delivery to its destination: hash, then upload phase by phase; leaves that are too many wait for a person. */
export async function sync(input: SyncInput): Promise<void> {
  let progress = 'hashing'
  let cancelled = false
  let next: string | undefined
  let answer: { approve: number } | 'discard' | undefined

  // Typed by hand in the Temporal UI: whatever makes no sense is noted and ignored, and nothing is thrown.
  setHandler(
    defineSignal<[unknown]>(syncSignals.approve),
    (leaves) => {
      const count = Number(typeof leaves === 'object' && leaves !== null && 'leaves' in leaves ? leaves.leaves : leaves)
      if (Number.isInteger(count)) answer = { approve: count }
      else log.warn('approve ignored: it takes the number of leaves that wait, such as 1204')
    },
    { description: 'Let the held leaves go out. Takes their number.' },
  )
  setHandler(
    defineSignal(syncSignals.discard),
    () => {
      answer = 'discard'
    },
    {
      description: 'Drop the held leaves.',
    },
  )
  setHandler(
    defineSignal(syncSignals.cancel),
    () => {
      cancelled = true
    },
    {
      description: 'Stop after the batch in hand.',
    },
  )
  setHandler(
    defineSignal<[unknown]>(syncSignals.supersede),
    (deliveryId) => {
      if (typeof deliveryId === 'string') next = deliveryId
    },
    { description: 'Sent by the audience: another delivery takes over.' },
  )
  setDefaultSignalHandler((name) => log.warn(`signal ignored: there is no signal "${name}"`))
  setHandler(defineQuery(queries.progress), () => progress)

  const show = (text: string) => {
    progress = text
    setCurrentDetails(`**${input.name}**: ${text}`)
  }
  const end = async (status: Ending, failure?: FinishProblem) => {
    const { audienceId, settleNeeded } = await CancellationScope.nonCancellable(() =>
      finishDelivery({ deliveryId: input.deliveryId, status, ...(failure ? { failure } : {}) }),
    )
    if (settleNeeded) await startSettling(input)
    if (audienceId) {
      const parent = getExternalWorkflowHandle(workflowIds.audience(audienceId))
      await parent.signal(audienceSignals.deliveryFinished).catch(() => log.warn('the audience has no workflow now'))
    }
  }

  try {
    show('hashing')
    let hashed: Hashed = await hash({ deliveryId: input.deliveryId }, `${input.name} · hash`)
    for (;;) {
      const stopped = hashed.stop ?? (await uploadAll(input, hashed, show, () => cancelled))
      if (stopped)
        return await end(stopped === 'stage_lost' ? 'superseded' : stopped, stopped === 'failed' ? told : undefined)
      if (hashed.held === 0) return await end('uploaded')
      // Held: the leaves wait for a person, for as long as it takes; a later run takes over with a fresh judgement.
      show(`${hashed.held} leaves are held: approve or discard them`)
      const held = await holdDelivery({ deliveryId: input.deliveryId })
      if (held.settleNeeded) await startSettling(input)
      await condition(() => answer !== undefined || cancelled || next !== undefined)
      if (next !== undefined) break
      if (cancelled) return await end('cancelled')
      if (answer === 'discard') return await end('discarded')
      const approved = answer?.approve ?? -1
      answer = undefined
      hashed = await releaseHeld({ deliveryId: input.deliveryId, leaves: approved })
      if (hashed.held > 0) log.warn(`approve ${approved} does not fit: ${hashed.held} leaves are held`)
    }
  } catch (error) {
    if (isCancellation(error)) return await end('cancelled')
    if (!(error instanceof ActivityFailure)) throw error
    return await end('failed', { message: error.cause?.message ?? error.message, kind: 'retry' })
  }
  await continueAsNew<typeof sync>({ ...input, deliveryId: next ?? input.deliveryId })
}

type FinishProblem = { readonly message: string; readonly kind: 'retry' | 'told' }

/** Its reason was recorded where it happened. */
const told: FinishProblem = { message: '', kind: 'told' }

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
  await startChild(settle, {
    workflowId: workflowIds.settle(deliveryId),
    args: [{ deliveryId, name }],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    staticSummary: name,
  }).catch((error: unknown) => log.info('receipts are being followed already', { error: String(error) }))
}
