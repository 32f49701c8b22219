import { isObject } from '../json.ts'
import type { Outcome, ReceivedEvent } from './event.ts'

/** A received event in the order in which it is kept; names of fields would be told a million times. */
type Packed = readonly unknown[]

export function pack(event: Omit<ReceivedEvent, 'seq'>): Packed {
  const { stream, id, name, time, received, identifiers, properties, outcome, reason, details } = event
  return [stream, id ?? null, name, time, received, identifiers, properties, outcome, reason ?? null, details ?? {}]
}

export function unpack(seq: number, packed: unknown): ReceivedEvent {
  const [stream, id, name, time, received, identifiers, properties, outcome, reason, details]: Packed = Array.isArray(
    packed,
  )
    ? packed
    : []
  return {
    seq,
    stream: String(stream),
    id: typeof id === 'string' ? id : undefined,
    name: String(name),
    time: Number(time),
    received: Number(received),
    identifiers: isObject(identifiers) ? identifiers : {},
    properties: isObject(properties) ? properties : {},
    outcome: outcomes.find((known) => known === outcome) ?? 'kept',
    reason: typeof reason === 'string' ? reason : undefined,
    details: isObject(details) ? details : {},
  }
}

const outcomes: readonly Outcome[] = ['kept', 'repeat', 'dropped']
