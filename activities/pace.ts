import { setTimeout as pause } from 'node:timers/promises'
import type { Sql } from '../db/connect.ts'
import { takeRequest } from '../db/queries/quota.ts'
import type { Quota } from '../destinations/define.ts'
import { DestinationFailure } from '../destinations/failure.ts'

/** The code of a failure that is a wait for our own count of a quota: what a platform asks for has codes of its own. */
export const quotaCode = 'quota'

/** A wait that is worth staying for; a longer one gives the worker's place to others. */
const worthWaitingMs = 5_000

/**
 * Waits until a quota, which all workers share, lets one more request out. Removals leave a tenth of it to adds, so that
 * joins come first wherever a quota is short. Throws a failure `throttled` where the wait is long.
 */
export async function pace(
  sql: Sql,
  quota: Quota,
  { operation, signal }: { operation: 'add' | 'remove'; signal: AbortSignal },
): Promise<void> {
  const reserve = operation === 'remove' && quota.limit >= 20 ? quota.limit / 10 : 0
  for (;;) {
    const waitMs = await takeRequest(sql, { ...quota, reserve })
    if (waitMs === 0) return
    if (waitMs > worthWaitingMs) {
      throw new DestinationFailure('throttled', `The quota ${quota.key} is used up for now.`, {
        code: quotaCode,
        retryAfterMs: waitMs,
      })
    }
    await pause(waitMs, undefined, { signal })
  }
}
