import type { EventBatch, MembershipEvent } from '../define-events.ts'
import { slugOf } from '../event-names.ts'
import { parametersOf } from '../event-parameters.ts'
import { BYTES_PER_EVENT, limits } from './api.ts'
import type { SegmentSync } from './connection.ts'
import { TRAITS } from './identifiers.ts'

/** The longest key of an audience, as of a trait. */
const LONGEST_KEY = 100
const OPENING = Buffer.from('{"batch":[')
const COMMA = Buffer.from(',')
/** Room for what closes a body. */
const CLOSING_BYTES = 64

export const TOO_LARGE = 'The event is larger than 32 KB: map fewer or shorter properties'

/** The key under which an audience is known there, as Engage writes it. */
export const audienceKey = (audience: EventBatch['audience']): string => slugOf(audience, LONGEST_KEY)

export type Bodies = {
  /** Each within the limits of a request. */
  readonly bodies: readonly Buffer[]
  /** Members whose event is too large by itself, by key. */
  readonly rejected: ReadonlyMap<string, string>
}

/** The bodies of a batch: as many as its sizes ask for. An event's calls are in one body, and the same at every attempt. */
export function batchBodies(batch: EventBatch<SegmentSync>): Bodies {
  const callsOf = callsFor(batch)
  const rejected = new Map<string, string>()
  const bodies: Buffer[] = []
  let parts: Buffer[] = []
  let bytes = 0
  const close = () => {
    if (parts.length === 0) return
    const closing = Buffer.from(`],"sentAt":"${new Date().toISOString()}"}`)
    bodies.push(Buffer.concat([OPENING, ...parts, closing]))
    parts = []
    bytes = 0
  }
  let events = 0
  for (const event of batch.events) {
    const calls = callsOf(event).map((call) => Buffer.from(JSON.stringify(call)))
    if (calls.some(({ length }) => length > BYTES_PER_EVENT)) {
      rejected.set(event.key, TOO_LARGE)
      continue
    }
    const size = calls.reduce((sum, { length }) => sum + length + 1, 0)
    const isFull =
      events + calls.length > limits.rowsPerRequest ||
      OPENING.length + bytes + size + CLOSING_BYTES > limits.bytesPerRequest
    if (isFull) {
      close()
      events = 0
    }
    for (const call of calls) {
      if (parts.length > 0) parts.push(COMMA)
      parts.push(call)
    }
    bytes += size
    events += calls.length
  }
  close()
  return { bodies, rejected }
}

/** What is told of one event: a track call, an identify call, or both. */
function callsFor(batch: EventBatch<SegmentSync>): (event: MembershipEvent) => object[] {
  const key = audienceKey(batch.audience)
  const isIn = batch.operation === 'add'
  const { shape } = batch.settings
  const userAt = batch.identifiers.indexOf('USER_ID')
  const anonymousAt = batch.identifiers.indexOf('ANONYMOUS_ID')
  const traitsAt = batch.identifiers.flatMap((name, at) => {
    const trait = TRAITS[name]
    return trait === undefined ? [] : [[trait, at] as const]
  })
  return (event) => {
    const { values } = event
    const traits: Record<string, string | boolean> = {}
    for (const [trait, at] of traitsAt) {
      const value = values[at]
      if (value !== undefined) traits[trait] = value
    }
    const parameters = parametersOf(batch, event)
    const about = {
      // undefined is left out of JSON
      userId: values[userAt],
      anonymousId: values[anonymousAt],
      timestamp: parameters.occurred_at,
    }
    const track = {
      type: 'track',
      event: batch.name,
      messageId: event.eventId,
      ...about,
      properties: { ...event.properties, ...parameters, audience_key: key, [key]: isIn },
      context: { traits },
    }
    const identify = {
      type: 'identify',
      // a call of its own, with a name of its own: the same id twice would be one call
      messageId: `${event.eventId}-identify`,
      ...about,
      traits: { ...traits, [key]: isIn },
    }
    if (shape === 'track') return [track]
    return shape === 'identify' ? [identify] : [track, identify]
  }
}
