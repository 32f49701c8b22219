import type { SentEvent } from '../events/event.ts'
import type { Answer, Arrival, Disturbance } from '../platform.ts'
import type { ReadPayload, StreamKind } from './payload.ts'
import { readPayload } from './payload.ts'
import type { Ga4State } from './state.ts'

/** `POST /debug/mp/collect`: says what is wrong and keeps nothing. It looks neither at the secret nor at the stream's id. */
export function validate({ clock }: Ga4State, { query, body }: Arrival): Answer {
  const { report, events } = readPayload(kindOf(query), body, clock.now())
  const validationMessages = report.problems.map(({ event: _, ...message }) => message)
  return { status: 200, body: { validationMessages }, note: { received: events.length } }
}

const kindOf = (query: URLSearchParams): StreamKind => (query.has('firebase_app_id') ? 'app' : 'web')

/** `POST /mp/collect`: 204 and nothing else, whatever becomes of the events. */
export function collect(state: Ga4State, arrival: Arrival, disturbance: Disturbance): Answer {
  const { query, body } = arrival
  const kind = kindOf(query)
  const stream = query.get(kind === 'web' ? 'measurement_id' : 'firebase_app_id') ?? ''
  const payload = readPayload(kind, body, state.clock.now())
  const reasons = reasonsOf(payload, troubleOfAccess(state, kind, stream, query))
  const events = eventsOf(payload, stream)
  let toReject = disturbance.rejectRows
  let dropped = 0
  for (const [index, event] of events.entries()) {
    const reason = reasons(index)
    const rejected = reason === undefined && toReject-- > 0 ? (disturbance.reason ?? 'refused by a fault') : undefined
    if (state.events.take(event, reason ?? rejected) === 'dropped') dropped++
  }
  return { status: 204, note: { received: events.length, invalid: dropped } }
}

function troubleOfAccess(
  { accounts }: Ga4State,
  kind: StreamKind,
  stream: string,
  query: URLSearchParams,
): string | undefined {
  const account = [...accounts.values()].find(
    ({ measurementId, firebaseAppId }) => stream === (kind === 'web' ? measurementId : firebaseAppId),
  )
  if (account === undefined) return 'There is no such stream.'
  return account.apiSecret === query.get('api_secret') ? undefined : 'The api_secret is not one of the stream.'
}

/** Why an event of that place is dropped: what is wrong with all comes first. */
function reasonsOf({ report }: ReadPayload, trouble: string | undefined): (index: number) => string | undefined {
  const ofAll = trouble ?? report.problems.find(({ event }) => event === undefined)?.description
  const ofEvents = new Map<number, string>()
  for (const { event, description } of report.problems)
    if (event !== undefined && !ofEvents.has(event)) ofEvents.set(event, description)
  return (index) => ofAll ?? ofEvents.get(index)
}

/** A request out of which no event can be read is one without a name, so that it is seen. */
function eventsOf({ identifiers, userProperties, events }: ReadPayload, stream: string): SentEvent[] {
  const properties = Object.fromEntries(userProperties.map(({ name, value, time }) => [name, { value, time }]))
  const details = userProperties.length > 0 ? { user_properties: properties } : {}
  const read = events.length > 0 ? events : [{ name: '', params: {}, time: 0 }]
  return read.map(({ name, params, time }) => ({
    stream,
    id: typeof params.event_id === 'string' ? params.event_id : undefined,
    name,
    time,
    identifiers,
    properties: params,
    details,
  }))
}
