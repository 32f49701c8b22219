import { failRun, retryLater, runningCycle } from '../db/queries/refresh.ts'
import type { Context } from './context.ts'
import { problem } from './failure.ts'
import { type AudienceState, readState } from './read-audience.ts'

/** A step of a run failed for good, which none should: the run ends with that reason and its syncs are tried again. */
export async function failRefresh(
  context: Context,
  { audienceId, cycle, reason }: { audienceId: string; cycle: string; reason: string },
): Promise<AudienceState> {
  const { sql } = context.db
  const runId = await runningCycle(sql, cycle)
  if (runId) {
    const next = 'Nothing to do. If it lasts, look into the log of the worker.'
    await failRun(sql, runId, problem('run_failed', reason, 'nobody: it is tried again', next))
    await retryLater(sql, audienceId)
  }
  return readState(context, audienceId)
}
