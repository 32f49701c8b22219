import { z } from 'zod'
import { eventNames, usualNames } from '../../event-names.ts'

/** A metric's name has less than 128 characters. */
export const LONGEST_NAME = 127

/** What each event sync may set for itself. */
export const syncSettings = z.object({
  ...eventNames(usualNames, { longest: LONGEST_NAME }),
  backfill: z.boolean().default(false).meta({
    title: 'Record events without starting flows (backfill)',
    description:
      'For a first announcement of everybody. While it is on no event starts a flow; switch it off afterwards',
  }),
})

export type SyncSettings = z.output<typeof syncSettings>
