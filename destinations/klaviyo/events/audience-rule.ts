import type { AudienceRule, WantedAudience } from '../../define-events.ts'
import { eventName } from '../../event-names.ts'
import { LONGEST_NAME, type SyncSettings } from './sync-settings.ts'

/** A segment in Klaviyo, made by hand. */
export function audienceRule(_: unknown, { audience, names }: WantedAudience<SyncSettings>): AudienceRule {
  const [added, removed] = (['add', 'remove'] as const).map((operation) =>
    eventName(names, operation, audience, LONGEST_NAME),
  )
  return {
    steps: [
      'In Klaviyo choose Lists & segments, Create new, Segment.',
      `Add the condition: What someone has done, has "${added}" at least once over all time, where segment_id equals "${audience.id}".`,
      `Add with AND the condition: What someone has done, has "${removed}" zero times over all time, where segment_id equals "${audience.id}".`,
    ],
    uncertain: [
      'Somebody who leaves and comes back stays out of such a segment, as it counts events and does not compare their order: for a list that is always right, sync a Klaviyo list.',
      'A metric can be chosen in a segment only once an event of its name has arrived.',
      'It is not certain that Klaviyo makes a profile of an event with an anonymous id alone; nobody can be written to before an e-mail address or a phone number is known.',
    ],
  }
}
