import { z } from 'zod'
import type { AudienceRule, MadeAudience, WantedAudience } from '../../define-events.ts'
import { eventName } from '../../event-names.ts'
import { ask } from '../calls.ts'
import type { MetaConnection } from '../connection.ts'
import { descriptionOf, findCreated } from '../lists.ts'
import { LONGEST_NAME, type SyncSettings } from './sync-settings.ts'

const DAY_SECONDS = 86_400
/** The longest name of an audience that we give. */
const LONGEST_AUDIENCE_NAME = 200

type Wanted = WantedAudience<SyncSettings>

/**
 * A website audience of those whose last added event of this audience is not older than the retention. It has no exclusion: with
 * one, who leaves and comes back would stay out.
 */
export async function createAudience(connection: MetaConnection, wanted: Wanted): Promise<MadeAudience> {
  const found = await findCreated(connection, wanted)
  if (found) return { id: found.id, name: found.name, facts: found.facts }
  const name = wanted.audience.name.slice(0, LONGEST_AUDIENCE_NAME)
  const { retentionDays } = wanted.settings
  const { id } = await ask(connection, {
    method: 'POST',
    path: [connection.settings.adAccountId, 'customaudiences'],
    body: {
      name,
      rule: JSON.stringify(ruleOf(connection, wanted)),
      retention_days: retentionDays,
      prefill: true,
      description: descriptionOf(wanted.marker),
    },
    subject: 'account',
    reply: z.object({ id: z.coerce.string() }),
  })
  return { id, name, facts: { 'Members stay': `${retentionDays} days after their last event` } }
}

const ruleOf = ({ settings }: MetaConnection, wanted: Wanted) => ({
  inclusions: {
    operator: 'or',
    rules: [
      {
        event_sources: [{ id: settings.datasetId, type: 'pixel' }],
        retention_seconds: wanted.settings.retentionDays * DAY_SECONDS,
        filter: {
          operator: 'and',
          filters: [
            { field: 'event', operator: '=', value: addedEvent(wanted) },
            { field: 'segment_id', operator: '=', value: wanted.audience.id },
          ],
        },
      },
    ],
  },
})

const addedEvent = ({ names, audience }: Wanted) => eventName(names, 'add', audience, LONGEST_NAME)

export function audienceRule({ settings }: MetaConnection, wanted: Wanted): AudienceRule {
  const days = wanted.settings.retentionDays
  return {
    steps: [
      'In the Audience Manager choose Create audience, Custom audience, Website.',
      `As the source choose the dataset (pixel) ${settings.datasetId ?? 'of this destination'}.`,
      `Include the people of the event "${addedEvent(wanted)}", refined by: parameter "segment_id" equals "${wanted.audience.id}".`,
      `Set the audience retention to ${days} ${days === 1 ? 'day' : 'days'}, as in the sync.`,
      'Add no exclusion: with one, a person who leaves and comes back would stay out.',
    ],
    uncertain: [
      `It is not certain that Meta fills a website audience from events that a server sends (action source ${wanted.settings.actionSource}): see after a day or two whether the audience grows.`,
      'The event of a leave takes nobody out of an audience at Meta; it is there for your own reports.',
      `Who left falls out when the last event of a join is ${days} ${days === 1 ? 'day' : 'days'} old; members who stay are announced again each third of that time.`,
      'Meta finds only some of the people, and does not say which.',
    ],
  }
}
