import { z } from 'zod'
import { eventNames, usualNames } from '../../event-names.ts'

/** TikTok tells no limit of a custom event's name; this many characters are a cautious choice. */
export const LONGEST_NAME = 50

/** TikTok's audiences are picked by the name of an event: a parameter need not be there to choose. */
const ownNames = {
  addedEvent: `${usualNames.addedEvent}_{audience}`,
  removedEvent: `${usualNames.removedEvent}_{audience}`,
}

/** What each event sync may set for itself. */
export const syncSettings = z.object({
  ...eventNames(ownNames, { longest: LONGEST_NAME }),
  eventSource: z.enum(['web', 'app', 'offline', 'crm']).default('web').meta({
    title: 'Kind of the event source',
    description:
      'What the event source id of the destination is: the pixel of a website, an app, an offline or a CRM event set',
  }),
  pageUrl: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .optional()
    .meta({
      title: 'Address of the site',
      description: 'Told with each event of a website',
    }),
  retentionDays: z.int().min(1).max(365).default(30).meta({
    title: 'Days that a member stays in the audience at TikTok after its last event',
    description: 'Members are announced again each third of it; who left falls out when it is over',
  }),
  partlyTaken: z.enum(['split', 'accept']).default('split').meta({
    title: 'When TikTok says that it took a part only (20001)',
    description: 'split finds the refused events by halves, under the same ids; accept takes the word for a success',
  }),
  testEventCode: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9_-]{1,40}$/, 'A test event code is a word of letters and digits, such as TEST12345')
    .optional()
    .meta({
      title: 'Test event code',
      description:
        'Shows the events in the test view of the Events Manager; whether they count as well is for TikTok to say',
    }),
})

export type SyncSettings = z.output<typeof syncSettings>
