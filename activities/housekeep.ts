import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import { writeMend } from '../db/queries/audit.ts'
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
  for (const { id, name, syncId, audienceId } of await unsettledDeliveries(sql)) {
    const started = await start(context, workflowTypes.settle, workflowIds.settle(id), { deliveryId: id, name })
    if (!started) continue
    await writeMend(sql, { audienceId, mended: 'receipts_followed', syncId, deliveryId: id, ...started })
    mended.push(`${name}: receipts had nobody who followed them`)
  }
  for (const { id, syncId, audienceId } of await closeForgotten(sql))
    await writeMend(sql, { audienceId, mended: 'delivery_closed', syncId, deliveryId: id })
  for (const emptied of await emptiedSyncs(sql, null)) {
    await completeEmptying(sql, emptied)
    await writeMend(sql, { audienceId: emptied.audienceId, mended: 'list_emptied', syncId: emptied.syncId })
  }
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
    const started = running.has(workflowId)
      ? undefined
      : await start(context, workflowTypes.audience, workflowId, { audienceId: id })
    if (started) {
      await writeMend(context.db.sql, { audienceId: id, mended: 'audience_restarted', ...started })
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
    const { id, syncId, audienceId, name } = delivery
    const workflowId = workflowIds.sync(syncId)
    const started = await start(context, workflowTypes.sync, workflowId, { syncId, deliveryId: id, name })
    if (started) {
      await writeMend(context.db.sql, { audienceId, mended: 'delivery_restarted', syncId, deliveryId: id, ...started })
      mended.push(`${name}: its workflow was gone and its delivery goes on`)
    }
    const wanted = wantedOf(delivery)
    if (!wanted) continue
    await context.temporal.workflow.getHandle(workflowId).signal(wanted.signal, ...wanted.args)
    if (!wanted.mended) continue
    await writeMend(context.db.sql, { audienceId, mended: wanted.mended, syncId, deliveryId: id })
    mended.push(`${name}: a ${wanted.signal} had not been heard`)
  }
  return mended
}

/** What a workflow may not have heard of its delivery. It does no harm to say it twice. */
function wantedOf({ id, status, cancelRequested, approvedLeaves }: OpenDelivery) {
  if (cancelRequested) return { signal: syncSignals.cancel, args: [], mended: 'cancel_told' as const }
  if (status === 'planned') return { signal: syncSignals.supersede, args: [id], mended: undefined }
  if (status !== 'held' || approvedLeaves === null) return undefined
  return { signal: syncSignals.approve, args: [approvedLeaves], mended: 'approval_told' as const }
}

/** What was started; undefined when it is running already. */
async function start(
  context: Context,
  type: string,
  workflowId: string,
  input: object,
): Promise<{ workflowId: string; runId: string } | undefined> {
  try {
    const { firstExecutionRunId } = await context.temporal.workflow.start(type, {
      workflowId,
      taskQueue,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
    })
    return { workflowId, runId: firstExecutionRunId }
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined
    throw error
  }
}
