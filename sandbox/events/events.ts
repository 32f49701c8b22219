import type { Clock } from '../clock.ts'
import type { Store } from '../keep/store.ts'
import type { PlatformEvents } from '../platform.ts'
import { byNameAndId, type DedupeRule, startDedupe } from './dedupe.ts'
import type { Membership, Outcome, ReceivedEvent, SentEvent } from './event.ts'
import { readMembership } from './membership.ts'
import type { Identity } from './people.ts'
import { pack, unpack } from './received.ts'
import { whoIsIn } from './replay.ts'

/** How a platform treats its events; what is left out is as most of them do it. */
export interface EventRules {
  identity: Identity
  /** `keyOf` is by name and id. */
  dedupe: Pick<DedupeRule, 'windowMs'> & Partial<DedupeRule>
  /** What an event says of an audience: the standard properties. */
  membershipOf?: (event: SentEvent) => Membership
}

/** The events that a platform received, what it made of each, and who is in after them. */
export interface Events extends PlatformEvents {
  /** Takes an event; with a reason it is dropped in silence. Says what became of it. */
  take(event: SentEvent, dropped?: string): Outcome
  /** Whether taking it now would only repeat another. */
  isRepeat(event: SentEvent): boolean
  /** Those that count, in the order of arrival, after a number of an event. */
  counting(after?: number): Iterable<ReceivedEvent>
  /** The number of the latest event. */
  readonly last: number
}

/** What was dropped may have had a time that no calendar knows. */
function isoOf(ms: number): string | null {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}

/** Goes on from what the store has kept. */
export function keepEvents(clock: Clock, store: Store, rules: EventRules): Events {
  const { identity, membershipOf = readMembership } = rules
  const dedupe = startDedupe({ keyOf: byNameAndId, ...rules.dedupe })
  const log = store.log('events')
  for (const event of received(0)) dedupe.note(event)

  function* received(after: number): Iterable<ReceivedEvent> {
    for (const [seq, packed] of log.after(after)) yield unpack(seq, packed)
  }
  function* counting(after = 0): Iterable<ReceivedEvent> {
    for (const event of received(after)) if (event.outcome === 'kept') yield event
  }
  function* ofAudience(audience: string, stream: string | undefined): Iterable<ReceivedEvent> {
    for (const event of counting())
      if (membershipOf(event).audience === audience && (stream === undefined || event.stream === stream)) yield event
  }
  function show(event: ReceivedEvent): Record<string, unknown> {
    const { audience = null, audienceName = null, action = null } = membershipOf(event)
    const { id = null, time, received, reason = null, ...rest } = event
    return {
      ...rest,
      id,
      audience,
      audience_name: audienceName,
      action,
      time: isoOf(time),
      received: isoOf(received),
      reason,
      repeats: dedupe.repeatsOf(event),
    }
  }

  return {
    get last() {
      return log.size
    },
    take: (event, dropped) => {
      const now = clock.now()
      const first = dropped === undefined ? dedupe.firstOf(event, now) : undefined
      const outcome = dropped !== undefined ? 'dropped' : first === undefined ? 'kept' : 'repeat'
      const reason = dropped ?? (first === undefined ? undefined : `the id of event ${first} again`)
      const taken = { ...event, received: now, outcome, reason } as const
      dedupe.note({ ...taken, seq: log.append(pack(taken)) })
      return outcome
    },
    isRepeat: (event) => dedupe.firstOf(event, clock.now()) !== undefined,
    counting,
    page: ({ after, limit, stream }) => {
      const events: Record<string, unknown>[] = []
      let last = after
      for (const event of received(after)) {
        if (stream !== undefined && event.stream !== stream) continue
        if (events.length === limit) return { events, next: last }
        events.push(show(event))
        last = event.seq
      }
      return { events, next: null }
    },
    state: ({ audience, stream }) => ({ members: whoIsIn(ofAudience(audience, stream), membershipOf, identity) }),
  }
}
