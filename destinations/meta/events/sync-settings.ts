import { z } from 'zod'
import { eventNames, usualNames } from '../../event-names.ts'

/** Meta tells no limit of a custom event's name; this many characters are what others keep to. */
export const LONGEST_NAME = 50

const ACTION_SOURCES = [
  'system_generated',
  'website',
  'app',
  'email',
  'phone_call',
  'chat',
  'physical_store',
  'other',
] as const

/** What each event sync may set for itself. */
export const syncSettings = z
  .object({
    ...eventNames(usualNames, { longest: LONGEST_NAME }),
    actionSource: z.enum(ACTION_SOURCES).default('system_generated').meta({
      title: 'Where the events happen (action source)',
      description:
        'system_generated asks for nothing more. website needs the address of the site, and the IP address and user agent of every member',
    }),
    eventSourceUrl: z
      .url({ protocol: /^https?$/ })
      .max(2_000)
      .optional()
      .meta({
        title: 'Address of the site',
        description: 'Told with each event of the action source website',
      }),
    retentionDays: z.int().min(1).max(180).default(30).meta({
      title: 'Days that a member stays in the audience at Meta after its last event',
      description: 'Members are announced again each third of it; who left falls out when it is over',
    }),
    testEventCode: z
      .string()
      .trim()
      .regex(/^[A-Za-z0-9_-]{1,40}$/, 'A test event code is a word of letters and digits, such as TEST12345')
      .optional()
      .meta({
        title: 'Test event code',
        description:
          'Shows the events in the test view of the Events Manager. They are real all the same: Meta counts them for audiences',
      }),
  })
  .refine(({ actionSource, eventSourceUrl }) => actionSource !== 'website' || eventSourceUrl !== undefined, {
    path: ['eventSourceUrl'],
    message: 'Events of the action source website need the address of the site',
  })

export type SyncSettings = z.output<typeof syncSettings>
