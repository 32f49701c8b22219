import type { SentEvent } from '../events/event.ts'
import type { EventRules } from '../events/events.ts'

/** GA4 knows clients, and no repeats: those are counted here and count there. */
export const eventRules: EventRules = {
  identity: { names: (key) => key === 'client_id' || key === 'app_instance_id' },
  dedupe: { windowMs: 0, keyOf: sameness },
}

/** The same event of the same client: by an id among its parameters, else by what it says of an audience and when. */
function sameness({ stream, name, identifiers, properties }: SentEvent): string | undefined {
  const { event_id, segment_id, action, occurred_at } = properties
  const mark = event_id ?? (segment_id && occurred_at && [segment_id, action, occurred_at].join(' '))
  if (mark === undefined || mark === '') return undefined
  return [stream, name, identifiers.client_id ?? identifiers.app_instance_id, mark].join('\u001f')
}
