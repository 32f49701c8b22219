import type { AudienceRule, WantedAudience } from '../define-events.ts'
import { eventName } from '../event-names.ts'
import type { WebhookConnection, WebhookSync } from './connection.ts'
import { limits } from './limits.ts'

/** What a receiver does with the events to know who is in. */
export function audienceRule(_: WebhookConnection, { audience, names }: WantedAudience<WebhookSync>): AudienceRule {
  const named = (operation: 'add' | 'remove') => eventName(names, operation, audience, limits.eventNameLength)
  return {
    steps: [
      'Verify each request with the secret, by a library of Standard Webhooks, before reading it.',
      'Answer 2xx to an event id that was there before, and do nothing more: what got no answer is sent again.',
      `Take a member in at "${named('add')}" (action "added") and out at "${named('remove')}" (action "removed") where segment_id is "${audience.id}".`,
      'Of two events of a member the one with the later occurred_at counts.',
    ],
    uncertain: [
      'A 2xx is all that is ever heard: what the receiver does with an event, only the receiver knows.',
      'Events of different people may arrive in any order.',
    ],
  }
}
