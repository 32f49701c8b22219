import { log } from '@temporalio/activity'
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client'
import { completeEmptying, emptiedSyncs } from '../db/queries/finish.ts'
import {
  closeForgotten,
  dropDeletedLedgers,
  dropOld,
  livingAudiences,
  openDeliveries,
  sweepStages,
  turnHistory,
  unsettledDeliveries,
} from '../db/queries/housekeeping.ts'
import { audienceSignals, syncSignals, taskQueue, workflowIds, workflowTypes } from '../workflows/names.ts'
import { alive } from './alive.ts'
import type { Context } from './context.ts'
import { kindOf, whereabouts } from './discreet.ts'

/** Compares what Postgres says should be going on with the workflows that exist, and mends. Returns what it mended. */
export function housekeep(context: Context): Promise<string[]> {
  return alive(async (signal) => {
    const round: Round = { context, signal, mended: [] }
    await look(round, 'audiences', () => reviveAudiences(round))
    await look(round, 'deliveries', () => reviveDeliveries(round))
    await look(round, 'receipts', () => followReceipts(round))
    await look(round, 'forgotten rows', () => closeForgotten(context.db.sql))
    await look(round, 'emptied syncs', () => completeEmptied(round))
    await look(round, 'leftover tables', () => dropLeftovers(round))
    await look(round, 'the history of members', () => turnHistory(context.db.sql, new Date()))
    await look(round, 'old rows', () => dropOld(context.db.sql))
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
      if (!running.has(workflowId) && (await start(context, workflowTypes.audience, audience))) {
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
  for (const { id, syncId, audienceId, status, name } of await openDeliveries(context.db.sql)) {
    await look(round, name, async () => {
      if (status === 'planned' && (await isComparing(context, audienceId))) return
      const workflowId = workflowIds.sync(syncId)
      const sync = { workflowId, args: [{ syncId, deliveryId: id, name }], memo: { sync: name }, staticSummary: name }
      if (await start(context, workflowTypes.sync, sync)) {
        mended.push(`${name}: its workflow was gone and its delivery goes on`)
      } else if (status === 'planned') {
        await context.temporal.workflow.getHandle(workflowId).signal(syncSignals.supersede, id)
      }
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
  for (const { id, name } of await unsettledDeliveries(context.db.sql)) {
    await look(round, name, async () => {
      const args = [{ deliveryId: id, name }]
      const settle = { workflowId: workflowIds.settle(id), args, memo: { sync: name }, staticSummary: name }
      if (await start(context, workflowTypes.settle, settle))
        mended.push(`${name}: receipts had nobody who followed them`)
    })
  }
}

async function completeEmptied({ context }: Round): Promise<void> {
  for (const emptied of await emptiedSyncs(context.db.sql, null)) await completeEmptying(context.db.sql, emptied)
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

/** False when it is running already. */
async function start(context: Context, type: string, options: StartOptions): Promise<boolean> {
  try {
    await context.temporal.workflow.start(type, { ...options, taskQueue, workflowIdConflictPolicy: 'FAIL' })
    return true
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false
    throw error
  }
}
