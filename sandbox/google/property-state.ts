import type { Action, ReceivedEvent } from '../events/event.ts'
import type { Events } from '../events/events.ts'
import { readMembership } from '../events/membership.ts'
import { whoIsIn } from '../events/replay.ts'
import { isObject } from '../json.ts'
import type { PlatformEvents } from '../platform.ts'
import { eventRules } from './event-rules.ts'

/** What the value of a user property says of being in an audience; any other says nothing. */
const words = new Map<unknown, Action>([
  ...['in', 'added', 'true', 'yes', '1'].map((word) => [word, 'added'] as const),
  ...['out', 'removed', 'false', 'no', '0'].map((word) => [word, 'removed'] as const),
])

/**
 * Who is in an audience of Google Analytics that is built on a user property: whose latest value says so, whatever the
 * events are called that brought it. Where no event of the audience carries such a property its actions decide.
 */
export function stateByProperty(events: Events): PlatformEvents['state'] {
  return ({ audience, stream }) => {
    function* seen(): Iterable<ReceivedEvent> {
      for (const event of events.counting()) if (stream === undefined || event.stream === stream) yield event
    }
    const property = propertyOf(audience, seen())
    const membershipOf = (event: ReceivedEvent) => {
      const told = readMembership(event)
      const byName = told.audience === audience ? told.action : undefined
      return { ...told, action: property === undefined ? byName : words.get(traitsOf(event)[property]) }
    }
    return { members: whoIsIn(seen(), membershipOf, eventRules.identity) }
  }
}

/** The user property that in the audience's events most often says what the event says; undefined when none does. */
function propertyOf(audience: string, events: Iterable<ReceivedEvent>): string | undefined {
  const agreements = new Map<string, number>()
  for (const event of events) {
    const told = readMembership(event)
    if (told.audience !== audience || told.action === undefined) continue
    for (const [name, value] of Object.entries(traitsOf(event)))
      if (words.get(value) === told.action) agreements.set(name, (agreements.get(name) ?? 0) + 1)
  }
  return [...agreements].sort(([, one], [, other]) => other - one)[0]?.[0]
}

function traitsOf({ details }: ReceivedEvent): Record<string, unknown> {
  return isObject(details?.userProperties) ? details.userProperties : {}
}
