import type { ReceivedEvent, SentEvent } from './event.ts'

/** What makes two events the same for a platform, and for how long after the first. */
export interface DedupeRule {
  /** In milliseconds; zero where a platform knows no repeats: they are counted only. */
  windowMs: number | ((event: SentEvent) => number)
  /** undefined for an event that is like no other. */
  keyOf(event: SentEvent): string | undefined
}

export interface Dedupe {
  /** The event that this one repeats, had it come at that time. */
  firstOf(event: SentEvent, now: number): number | undefined
  note(event: ReceivedEvent): void
  /** How many more events of the same id came, within the window or after it. */
  repeatsOf(event: SentEvent): number
}

/** By the event's own id within its name and its place. */
export function byNameAndId({ stream, name, id }: SentEvent): string | undefined {
  // Joined, not a template: a key that is glued together of parts costs twice its size.
  return id === undefined ? undefined : [stream, name, id].join('\u001f')
}

/** Knows every id that came; two numbers and the key for each. */
export function startDedupe({ windowMs, keyOf }: DedupeRule): Dedupe {
  const windowOf = typeof windowMs === 'number' ? () => windowMs : windowMs
  const firsts = new Map<string, number>()
  const receivedAt: number[] = []
  const repeats = new Map<string, number>()
  return {
    firstOf: (event, now) => {
      const key = keyOf(event)
      const first = key === undefined ? undefined : firsts.get(key)
      return first !== undefined && now < (receivedAt[first] ?? 0) + windowOf(event) ? first : undefined
    },
    note: (event) => {
      receivedAt[event.seq] = event.received
      const key = keyOf(event)
      if (key === undefined || event.outcome === 'dropped') return
      if (firsts.has(key)) repeats.set(key, (repeats.get(key) ?? 0) + 1)
      if (event.outcome === 'kept') firsts.set(key, event.seq)
    },
    repeatsOf: (event) => {
      const key = keyOf(event)
      return key === undefined ? 0 : (repeats.get(key) ?? 0)
    },
  }
}
