import type { SentEvent } from '../events/event.ts'
import type { EventRules } from '../events/events.ts'

/** How Klaviyo treats events: the first of a profile, metric and `unique_id` counts, for good. */
export const eventRules: EventRules = {
  // The anonymous id too: it leads from the profile that had nothing else to the one that it was merged into.
  identity: { names: (key) => key === 'id' || key === 'anonymous_id' },
  dedupe: { windowMs: Number.POSITIVE_INFINITY, keyOf: sameness },
}

/** Without a `unique_id` the second is the key. */
function sameness({ stream, id, name, time, identifiers }: SentEvent): string {
  return [stream, identifiers.id, name, id ?? `second ${time}`].join('\u001f')
}
