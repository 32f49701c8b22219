import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
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
} from '../db/queries/housekeeping.ts'
import { audienceSignals, syncSignals, taskQueue, workflowIds, workflowTypes } from '../workflows/names.ts'
import type { Context } from './context.ts'

/** Compares what Postgres says should be going on with the workflows that exist, and mends. Returns what it mended. */
export async function housekeep(context: Context): Promise<string[]> {
  const { sql } = context.db
  const mended = [...(await reviveAudiences(context)), ...(await reviveDeliveries(context))]
  for (const { id, name } of await unsettledDeliveries(sql)) {
    const started = await start(context, workflowTypes.settle, workflowIds.settle(id), { deliveryId: id, name })
    if (started) mended.push(`${name}: receipts had nobody who followed them`)
  }
  await closeForgotten(sql)
  for (const emptied of await emptiedSyncs(sql, null)) await completeEmptying(sql, emptied)
  const dropped = (await sweepStages(sql)) + (await dropDeletedLedgers(sql))
  if (dropped > 0) mended.push(`${dropped} tables that nobody needs were dropped`)
  await turnHistory(sql, new Date())
  await dropOld(sql)
  return mended
}

async function reviveAudiences(context: Context): Promise<string[]> {
  const running = new Set<string>()
  const query = `WorkflowType = '${workflowTypes.audience}' AND ExecutionStatus = 'Running'`
  for await (const { workflowId } of context.temporal.workflow.list({ query })) running.add(workflowId)
  const mended: string[] = []
  for (const { id, name, wished } of await livingAudiences(context.db.sql)) {
    const workflowId = workflowIds.audience(id)
    // the list of workflows may lag behind: a start that finds the workflow running changes nothing
    if (!running.has(workflowId) && (await start(context, workflowTypes.audience, workflowId, { audienceId: id }))) {
      mended.push(`${name}: its workflow was gone and was started again`)
    } else if (wished) {
      await context.temporal.workflow.getHandle(workflowId).signal(audienceSignals.wake)
      mended.push(`${name}: a run was wanted and nobody had noticed`)
    }
  }
  return mended
}

async function reviveDeliveries(context: Context): Promise<string[]> {
  const mended: string[] = []
  for (const delivery of await openDeliveries(context.db.sql)) {
    const { id, syncId, name } = delivery
    const workflowId = workflowIds.sync(syncId)
    if (await start(context, workflowTypes.sync, workflowId, { syncId, deliveryId: id, name }))
      mended.push(`${name}: its workflow was gone and its delivery goes on`)
    const wanted = wantedOf(delivery)
    if (!wanted) continue
    await context.temporal.workflow.getHandle(workflowId).signal(wanted.signal, ...wanted.args)
    if (wanted.told) mended.push(`${name}: ${wanted.told}`)
  }
  return mended
}

/** What a workflow may not have heard of its delivery. It does no harm to say it twice. */
function wantedOf({ id, status, cancelRequested, approvedLeaves }: OpenDelivery) {
  if (cancelRequested) return { signal: syncSignals.cancel, args: [], told: 'it was cancelled and nobody had noticed' }
  if (status === 'planned') return { signal: syncSignals.supersede, args: [id], told: undefined }
  if (status !== 'held' || approvedLeaves === null) return undefined
  return {
    signal: syncSignals.approve,
    args: [approvedLeaves],
    told: 'its leaves were approved and nobody had noticed',
  }
}

/** False when it is running already. */
async function start(context: Context, type: string, workflowId: string, input: object): Promise<boolean> {
  try {
    await context.temporal.workflow.start(type, {
      workflowId,
      taskQueue,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
    })
    return true
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false
    throw error
  }
}
