import { log } from '@temporalio/activity'
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client'
import { type Mend, writeMend } from '../db/queries/audit.ts'
import { completeEmptying, emptiedSyncs } from '../db/queries/finish.ts'
import {
  closeForgotten,
  dropDeletedLedgers,
  dropOld,
  livingAudiences,
  type OpenDelivery,
  openDeliveries,
  sweepStages,
  turnHistory,
  unsettledDeliveries,
  wishExpiring,
  wishForgottenEmptyings,
} from '../db/queries/housekeeping.ts'
import { audienceSignals, syncSignals, taskQueue, workflowIds, workflowTypes } from '../workflows/names.ts'
import { alive } from './alive.ts'
import { checkLists } from './check-lists.ts'
import type { Context } from './context.ts'
import { kindOf, whereabouts } from './discreet.ts'
import { warnOfSunsets } from './warn-of-sunsets.ts'

/** Compares what Postgres says should be going on with the workflows that exist, and mends. Returns what it mended. */
export function housekeep(context: Context): Promise<string[]> {
  return alive(async (signal) => {
    const round: Round = { context, signal, mended: [] }
    await look(round, 'emptyings', () => wishForgottenEmptyings(context.db.sql))
    await look(round, 'members to be kept', () => wishExpiring(context.db.sql))
    await look(round, 'audiences', () => reviveAudiences(round))
    await look(round, 'deliveries', () => reviveDeliveries(round))
    await look(round, 'receipts', () => followReceipts(round))
    await look(round, 'forgotten rows', () => closeEnded(round))
    await look(round, 'emptied syncs', () => completeEmptied(round))
    await look(round, 'leftover tables', () => dropLeftovers(round))
    await look(round, 'the history of members', () => turnHistory(context.db.sql, new Date()))
    await look(round, 'old rows', () => dropOld(context.db.sql))
    await look(round, 'ends of API versions', () => warnOfSunsets(context, new Date(), lookingIn(round).one))
    await look(round, 'lists at the platforms', () => checkLists(lookingIn(round), signal))
    return round.mended
  })
}

type Round = { readonly context: Context; readonly signal: AbortSignal; readonly mended: string[] }

/** One duty, or one audience of it, that fails does not keep the others from being looked after. */
async function look(round: Round, what: string, duty: () => Promise<void>): Promise<void> {
  round.signal.throwIfAborted()
  try {
    await duty()
  } catch (error) {
    log.error(`housekeeping could not look after ${what}: ${kindOf(error)}`, whereabouts(error))
    round.mended.push(`${what}: not looked after (${kindOf(error)}); it is tried again in the next round`)
  }
}

async function reviveAudiences(round: Round): Promise<void> {
  const { context, mended } = round
  const running = new Set<string>()
  const query = `WorkflowType = '${workflowTypes.audience}' AND ExecutionStatus = 'Running'`
  for await (const { workflowId } of context.temporal.workflow.list({ query })) running.add(workflowId)
  for (const { id, name, wished } of await livingAudiences(context.db.sql)) {
    await look(round, name, async () => {
      const workflowId = workflowIds.audience(id)
      const audience = { workflowId, args: [{ audienceId: id }], memo: { audience: name } }
      // the list of workflows may lag behind: a start that finds the workflow running changes nothing
      const started = running.has(workflowId) ? undefined : await start(context, workflowTypes.audience, audience)
      if (started) {
        await tell(round, { audienceId: id, mended: 'audience_restarted', ...started })
        mended.push(`${name}: its workflow was gone and was started again`)
      } else if (wished) {
        const options = { ...audience, taskQueue, signal: audienceSignals.wake, signalArgs: [] }
        await context.temporal.workflow.signalWithStart(workflowTypes.audience, options)
        mended.push(`${name}: a run was wanted and nobody had noticed`)
      }
    })
  }
}

async function reviveDeliveries(round: Round): Promise<void> {
  const { context, mended } = round
  for (const delivery of await openDeliveries(context.db.sql)) {
    const { id, syncId, audienceId, status, name } = delivery
    await look(round, name, async () => {
      if (status === 'planned' && (await isComparing(context, audienceId))) return
      const workflowId = workflowIds.sync(syncId)
      const sync = { workflowId, args: [{ syncId, deliveryId: id, name }], memo: { sync: name }, staticSummary: name }
      const started = await start(context, workflowTypes.sync, sync)
      if (started) {
        await tell(round, { audienceId, mended: 'delivery_restarted', syncId, deliveryId: id, ...started })
        mended.push(`${name}: its workflow was gone and its delivery goes on`)
      }
      const wanted = wantedOf(delivery)
      if (!wanted || (started && status === 'planned')) return
      await context.temporal.workflow.getHandle(workflowId).signal(wanted.signal, ...wanted.args)
      if (!wanted.mended) return
      await tell(round, { audienceId, mended: wanted.mended, syncId, deliveryId: id })
      mended.push(`${name}: a ${wanted.signal} had not been heard`)
    })
  }
}

/**
 * Whether the audience's workflow still compares other syncs: it starts all syncs of the run afterwards. A delivery that
 * ended before would end the run, and with it the snapshot that the others are compared with.
 */
async function isComparing(context: Context, audienceId: string): Promise<boolean> {
  try {
    const { raw } = await context.temporal.workflow.getHandle(workflowIds.audience(audienceId)).describe()
    return (raw.pendingActivities ?? []).some(({ activityType }) => activityType?.name === 'diff')
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false
    throw error
  }
}

async function followReceipts(round: Round): Promise<void> {
  const { context, mended } = round
  for (const { id, name, syncId, audienceId } of await unsettledDeliveries(context.db.sql)) {
    await look(round, name, async () => {
      const args = [{ deliveryId: id, name }]
      const settle = { workflowId: workflowIds.settle(id), args, memo: { sync: name }, staticSummary: name }
      const started = await start(context, workflowTypes.settle, settle)
      if (!started) return
      await tell(round, { audienceId, mended: 'receipts_followed', syncId, deliveryId: id, ...started })
      mended.push(`${name}: receipts had nobody who followed them`)
    })
  }
}

async function closeEnded(round: Round): Promise<void> {
  for (const { id, syncId, audienceId } of await closeForgotten(round.context.db.sql))
    await tell(round, { audienceId, mended: 'delivery_closed', syncId, deliveryId: id })
}

async function completeEmptied(round: Round): Promise<void> {
  const { sql } = round.context.db
  for (const emptied of await emptiedSyncs(sql, null)) {
    await completeEmptying(sql, emptied)
    await tell(round, { audienceId: emptied.audienceId, mended: 'list_emptied', syncId: emptied.syncId })
  }
}

async function dropLeftovers({ context, mended }: Round): Promise<void> {
  const dropped = (await sweepStages(context.db.sql)) + (await dropDeletedLedgers(context.db.sql))
  if (dropped > 0) mended.push(`${dropped} tables that nobody needs were dropped`)
}

type StartOptions = {
  readonly workflowId: string
  readonly args: object[]
  readonly memo: Record<string, string>
  readonly staticSummary?: string
}

/** What a workflow may not have heard of its delivery. It does no harm to say it twice. */
function wantedOf({ id, status, cancelRequested, approvedLeaves }: OpenDelivery) {
  if (cancelRequested) return { signal: syncSignals.cancel, args: [], mended: 'cancel_told' as const }
  if (status === 'planned') return { signal: syncSignals.supersede, args: [id], mended: undefined }
  if (status !== 'held' || approvedLeaves === null) return undefined
  return { signal: syncSignals.approve, args: [approvedLeaves], mended: 'approval_told' as const }
}

const lookingIn = (round: Round) => ({
  context: round.context,
  noticed: (line: string) => {
    round.mended.push(line)
  },
  one: (name: string, work: () => Promise<void>) => look(round, name, work),
})

/** Told in the log of the audience. */
const tell = ({ context }: Round, mend: Mend) => writeMend(context.db.sql, mend)

/** What was started; undefined when it is running already. */
async function start(
  context: Context,
  type: string,
  options: StartOptions,
): Promise<{ workflowId: string; runId: string } | undefined> {
  try {
    const { firstExecutionRunId } = await context.temporal.workflow.start(type, {
      ...options,
      taskQueue,
      workflowIdConflictPolicy: 'FAIL',
    })
    return { workflowId: options.workflowId, runId: firstExecutionRunId }
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined
    throw error
  }
}
