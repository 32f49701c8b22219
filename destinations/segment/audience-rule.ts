import type { AudienceRule, WantedAudience } from '../define-events.ts'
import { eventName } from '../event-names.ts'
import { limits } from './api.ts'
import { audienceKey } from './batch-bodies.ts'
import type { SegmentConnection, SegmentSync } from './connection.ts'

/** How whoever receives the calls makes an audience of them. */
export function audienceRule(
  _: SegmentConnection,
  { audience, names, settings: { shape } }: WantedAudience<SegmentSync>,
): AudienceRule {
  const key = audienceKey(audience)
  const named = (operation: 'add' | 'remove') => eventName(names, operation, audience, limits.eventNameLength)
  return {
    steps: [
      ...(shape === 'identify'
        ? []
        : [
            `Take in whoever has the event "${named('add')}" with audience_key "${key}", and take out at "${named('remove')}" with the same key: the latest of the two counts.`,
          ]),
      ...(shape === 'track' ? [] : [`Make an audience of everybody whose trait "${key}" is true.`]),
    ],
    uncertain: [
      'The endpoint answers 200 also to events that it drops later, so that nobody can be told to have arrived.',
      'A rule that only looks for the event of a join keeps whoever has left: use the latest event or the trait.',
      'The key follows from the name of the audience: after a renaming the rule needs the new one.',
    ],
  }
}
