import type { ReceivedEvent } from '../events/event.ts'
import type { PlatformEvents } from '../platform.ts'
import type { Ga4State } from './state.ts'
import { propertyOf, whoHasProperty } from './user-property-state.ts'

/** Events as they came. Who is in is told by a user property where there is one, else by the events of joining and leaving. */
export function eventsOf({ events }: Ga4State): PlatformEvents {
  return {
    page: events.page,
    state: ({ audience, stream }) => {
      const ofStream = () => within(events.counting(), stream)
      const property = propertyOf(ofStream, audience)
      if (property === undefined) return events.state({ audience, stream })
      return { members: whoHasProperty(ofStream, audience, property) }
    },
  }
}

function* within(events: Iterable<ReceivedEvent>, stream: string | undefined): Iterable<ReceivedEvent> {
  for (const event of events) if (stream === undefined || event.stream === stream) yield event
}
