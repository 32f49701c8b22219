import { log } from '@temporalio/activity'
import { writeMend } from '../db/queries/audit.ts'
import { claimSunsetWarning, destinationsToWarn, sendingSyncs } from '../db/queries/sunset.ts'
import { accountSide, isPlatformId, platformOf } from '../destinations/index.ts'
import { sunsetWarning } from '../destinations/sunset.ts'
import type { Context } from './context.ts'

/**
 * Says once a day, here and in the logs of the audiences that use it, that the API version of a destination ends soon.
 * `one` keeps the trouble of one destination from the others.
 */
export async function warnOfSunsets(
  { db: { sql } }: Context,
  now: Date,
  one: (name: string, work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  for (const { id, name, platform, settings } of await destinationsToWarn(sql)) {
    if (!isPlatformId(platform)) continue
    await one(name, async () => {
      const warning = sunsetWarning(accountSide(platformOf(platform)), settings, now)
      if (!warning || !(await claimSunsetWarning(sql, id))) return
      const told = `${warning.what} ${warning.next}`
      log.warn(`${name}: ${told}`)
      for (const sync of await sendingSyncs(sql, id))
        await writeMend(sql, { audienceId: sync.audienceId, mended: 'api_sunset', syncId: sync.id, told })
    })
  }
}
