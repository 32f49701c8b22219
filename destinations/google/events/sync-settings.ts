import { z } from 'zod'
import { eventNames, usualNames } from '../../event-names.ts'
import { consentSettings } from '../connection.ts'

/** Google Analytics takes names of 40 characters for events and parameters. */
export const LONGEST_NAME = 40

/** What each event sync may set for itself. */
export const syncSettings = z.object({
  ...eventNames(usualNames, {
    longest: LONGEST_NAME,
    pattern: /^(?!(firebase_|ga_|google_))[A-Za-z][A-Za-z0-9_]*$/,
    rule: 'letters, digits and _, begins with a letter, and not with firebase_, ga_ or google_',
  }),
  ...consentSettings,
  stateProperty: z
    .string()
    .trim()
    .regex(
      /^(?!(firebase_|ga_|google_))[A-Za-z][A-Za-z0-9_]{0,23}$/,
      'The name of a user property has up to 24 letters, digits and _, and begins with a letter',
    )
    .optional()
    .meta({
      title: 'User property that says who is in',
      description:
        'Is set to "in" by a join and to "out" by a leave. Usually seg_ and the name of the audience; set it to keep it when the audience is renamed',
    }),
  transactionIds: z.boolean().default(false).meta({
    title: "Send the event's id as transaction id",
    description: 'Only for properties that Google has allowed to use several sources: it refuses the events of others',
  }),
})

export type SyncSettings = z.output<typeof syncSettings>
