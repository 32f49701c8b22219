import { AsyncCompletionClient } from '@temporalio/client'
import { workflowIds } from '../../workflows/names.ts'
import type { Deployment } from './deployment.ts'

/** PENDING_ACTIVITY_STATE_STARTED of Temporal's API. */
const started = 2

/**
 * What Temporal finds out by its time-outs, sooner: the attempts that a worker has begun have failed. Whether the worker is
 * dead or only slow, Temporal cannot know either. Returns how many there were.
 */
export async function failAttempts({
  sql,
  temporal,
  env,
}: Pick<Deployment, 'sql' | 'temporal' | 'env'>): Promise<number> {
  const completion = new AsyncCompletionClient({ connection: temporal.connection, namespace: env.TEMPORAL_NAMESPACE })
  const rows = await sql<{ id: string }[]>`
    select 'audience-' || id as id from audience union all select 'sync-' || id from sync
    union all select 'settle-' || id from delivery where settled_at is null`
  let failed = 0
  for (const workflowId of [...rows.map(({ id }) => id), workflowIds.housekeeping]) {
    // a workflow that never was, and an attempt that has just ended, are no news here
    const described = await temporal.workflow
      .getHandle(workflowId)
      .describe()
      .catch(() => undefined)
    for (const { activityId, state } of described?.raw.pendingActivities ?? []) {
      if (state !== started || !activityId) continue
      await completion
        .fail({ workflowId, activityId }, new Error('Nobody has heard of this attempt any more.'))
        .then(() => failed++)
        .catch(() => {})
    }
  }
  return failed
}
