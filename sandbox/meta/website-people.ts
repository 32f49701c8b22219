import type { ReceivedEvent } from '../events/event.ts'
import { people } from '../events/people.ts'
import { describePerson } from '../events/replay.ts'
import type { ListInfo } from '../platform.ts'
import { isTaken } from './audience-rule.ts'
import { eventRules } from './event-rules.ts'
import type { Audience, MetaState, Website } from './state.ts'

/** What an audience holds: its rows or, for a website audience, whoever its rule takes in at this moment. */
export function peopleOf(state: MetaState, audience: Audience): ListInfo['rows'] {
  const { website } = audience
  if (website === undefined) return audience.rows
  let counted: Record<string, unknown>[] | undefined
  const members = () => (counted ??= audience.deleted ? [] : takenIn(state, website))
  return {
    get size() {
      return members().length
    },
    page: (after, limit) => {
      const next = after + limit
      return { members: members().slice(after, next), next: next < members().length ? next : null }
    },
  }
}

/** A person is in with one event that the rule includes, unless one of theirs is excluded. */
function takenIn({ events, clock }: MetaState, { rule, after }: Website): Record<string, unknown>[] {
  const now = clock.now()
  const crowd = people(eventRules.identity)
  const included = new Map<number, ReceivedEvent>()
  const excluded: number[] = []
  for (const event of events.counting(after)) {
    const isIn = isTaken(rule.inclusions, event, now)
    const isOut = rule.exclusions !== undefined && isTaken(rule.exclusions, event, now)
    const person = isIn || isOut ? crowd.meet(event.identifiers) : undefined
    if (person === undefined) continue
    if (isIn) included.set(person, event)
    if (isOut) excluded.push(person)
  }
  const out = new Set(excluded.map(crowd.current))
  const last = new Map([...included].map(([person, event]) => [crowd.current(person), event]))
  const known = crowd.known()
  return [...last]
    .filter(([person]) => !out.has(person))
    .map(([person, { identifiers }]) => describePerson(known.get(person), identifiers))
}
