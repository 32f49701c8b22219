import type { Action, Membership, ReceivedEvent } from './event.ts'
import { type Identity, type People, people, valuesOf } from './people.ts'

type Identifiers = ReceivedEvent['identifiers']

/** What was said of a person, with all by which the one saying can be ordered before another. */
interface Word {
  action: Action
  order: readonly [time: number, occurredAt: number, seq: number]
  identifiers: Identifiers
}

/**
 * Who is in an audience after these events: for each person the last action by the event's time decides. Between events
 * of the same time, which at many platforms is a whole second, the time that their properties tell decides, then arrival.
 * A member is shown with every value by which it is known; a key with several of them has an array.
 */
export function whoIsIn(
  events: Iterable<ReceivedEvent>,
  membershipOf: (event: ReceivedEvent) => Membership,
  identity: Identity,
): Record<string, unknown>[] {
  const crowd = people(identity)
  const words = new Map<number, Word>()
  for (const event of events) {
    const { action, occurredAt } = membershipOf(event)
    const person = action && crowd.meet(event.identifiers)
    if (action === undefined || person === undefined) continue
    const { time, seq, identifiers } = event
    say(words, person, { action, order: [time, occurredAt ?? time, seq], identifiers })
  }
  // Who was two people when something was said may be one by now.
  const last = new Map<number, Word>()
  for (const [person, word] of words) say(last, crowd.current(person), word)
  return [...show(crowd, last)]
}

function say(words: Map<number, Word>, person: number, word: Word): void {
  const before = words.get(person)
  if (before === undefined || isLater(word, before)) words.set(person, word)
}

function isLater({ order }: Word, before: Word): boolean {
  const differing = order.findIndex((part, at) => part !== before.order[at])
  return Number(order[differing]) > Number(before.order[differing])
}

function* show(crowd: People, words: Map<number, Word>): Iterable<Record<string, unknown>> {
  const known = crowd.known()
  for (const [person, { action, identifiers }] of words)
    if (action === 'added') yield describePerson(known.get(person), identifiers)
}

/** All values that name the person, and beside them what its deciding event told. */
export function describePerson(known: Map<string, string[]> | undefined, told: Identifiers): Record<string, unknown> {
  const all = new Map(Object.entries(told).map(([key, value]) => [key, valuesOf(value)]))
  for (const [key, values] of known ?? []) all.set(key, values)
  return Object.fromEntries(
    [...all].filter(([, v]) => v.length > 0).map(([key, v]) => [key, v.length === 1 ? v[0] : v]),
  )
}
