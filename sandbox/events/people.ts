import type { SentEvent } from './event.ts'

type Identifiers = SentEvent['identifiers']

/** Which identifiers name a person. */
export interface Identity {
  names(key: string): boolean
  /** Keys that name a person only together, and only where nothing else does: the address and the browser. */
  weak?: readonly string[]
}

/** People told apart by what they share: each event is one person's, and one shared value makes two people one. */
export interface People {
  /** The number of the person that these identifiers name now; undefined when they name nobody. */
  meet(identifiers: Identifiers): number | undefined
  /** The number under which a person goes by now. */
  current(person: number): number
  /** Every value by which each person is known, under the key that it came with. */
  known(): Map<number, Map<string, string[]>>
}

const AFTER_KEY = '\u001f'

export function people(identity: Identity): People {
  const owners = new Map<string, number>()
  const parents: number[] = []

  function current(person: number): number {
    let root = person
    for (let parent = parents[root]; parent !== undefined && parent !== root; parent = parents[root]) root = parent
    // Whoever asks again has a short way.
    for (let at = person; at !== root; ) {
      const next = parents[at] ?? root
      parents[at] = root
      at = next
    }
    return root
  }

  return {
    meet: (identifiers) => {
      const marks = marksOf(identifiers, identity)
      let person: number | undefined
      for (const mark of marks) {
        const owner = owners.get(mark)
        if (owner === undefined) continue
        const root = current(owner)
        if (person !== undefined) parents[root] = person
        else person = root
      }
      if (person === undefined && marks.length > 0) person = parents.push(parents.length) - 1
      if (person !== undefined) for (const mark of marks) owners.set(mark, person)
      return person
    },
    current,
    known: () => {
      const all = new Map<number, Map<string, string[]>>()
      for (const [mark, owner] of owners) {
        const [key = '', value = ''] = mark.split(AFTER_KEY, 2)
        // A pair of weak values is nothing that was sent as one.
        if (key === '') continue
        const person = current(owner)
        const values = all.get(person) ?? new Map<string, string[]>()
        all.set(person, values.set(key, [...(values.get(key) ?? []), value]))
      }
      return all
    },
  }
}

/** Each value that names a person, with its key before it. */
function marksOf(identifiers: Identifiers, { names, weak }: Identity): string[] {
  const strong = Object.entries(identifiers).flatMap(([key, value]) =>
    names(key) ? valuesOf(value).map((text) => `${key}${AFTER_KEY}${text}`) : [],
  )
  if (strong.length > 0 || weak === undefined) return strong
  const together = weak.map((key) => valuesOf(identifiers[key])[0])
  return together.every((value) => value !== undefined) ? [`${AFTER_KEY}${together.join(AFTER_KEY)}`] : []
}

/** One value or several, as texts; empty ones name nobody. */
export function valuesOf(value: unknown): string[] {
  return [value]
    .flat()
    .filter((each) => typeof each === 'string' || typeof each === 'number')
    .map(String)
    .filter((text) => text !== '')
}
