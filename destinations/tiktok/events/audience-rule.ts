import type { AudienceRule, WantedAudience } from '../../define-events.ts'
import { eventName } from '../../event-names.ts'
import type { TikTokConnection } from '../connection.ts'
import { LONGEST_NAME, type SyncSettings } from './sync-settings.ts'

/** TikTok has no call of ours to make it with: the Ads Manager does. */
export function audienceRule(
  { settings }: TikTokConnection,
  { audience, names, settings: { retentionDays } }: WantedAudience<SyncSettings>,
): AudienceRule {
  const days = `${retentionDays} ${retentionDays === 1 ? 'day' : 'days'}`
  const named = eventName(names, 'add', audience, LONGEST_NAME)
  const ofAll = names.addedEvent.includes('{audience}')
  return {
    steps: [
      'In the TikTok Ads Manager choose Tools, Audiences, Create audience, Custom audience, Website traffic.',
      `As the source choose the pixel ${settings.eventSourceId ?? 'of this destination'}.`,
      `Include the people of the event "${named}" of the last ${days}, as in the sync.`,
      'Add no exclusion: with one, a person who leaves and comes back would stay out.',
      ...(ofAll
        ? []
        : [`Narrow it to the parameter "segment_id" of the value "${audience.id}", where TikTok offers that.`]),
    ],
    uncertain: [
      'TikTok lists an event in its audiences only once it has received some: send the first announcement before you make the audience.',
      ...(ofAll
        ? []
        : [
            'It is not certain that TikTok lets an audience be narrowed by a parameter: {audience} in the name of the event makes that unnecessary.',
          ]),
      'The event of a leave takes nobody out of an audience at TikTok; it is there for your own reports.',
      `Who left falls out when the last event of a join is ${days} old; members who stay are announced again each third of that time.`,
      'How old an event may be, and how long TikTok takes to fill the audience, is not known.',
    ],
  }
}
