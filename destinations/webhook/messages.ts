import { hash } from 'node:crypto'
import { asciiJson } from '../ascii-json.ts'
import type { EventBatch, MembershipEvent } from '../define-events.ts'
import { parametersWriter, placesWriter } from '../event-body.ts'
import type { WebhookSync } from './connection.ts'
import { identifiers } from './identifiers.ts'
import { MOST_BYTES } from './limits.ts'

/** What one request says: the same id and the same text at every attempt. */
export type Message = { readonly id: string; readonly body: string; readonly events: number }

const PLACES = Object.fromEntries(Object.keys(identifiers).map((name) => [name, { key: name }]))

/** The messages of a batch in the order of its events: one for each event, or as many events in one as the sync asks for. */
export function* messagesOf(batch: EventBatch<WebhookSync>): Generator<Message> {
  const dataOf = dataWriter(batch)
  const type = asciiJson(batch.name)
  const { eventsPerRequest } = batch.settings
  if (eventsPerRequest === 1) {
    for (const event of batch.events) {
      const body = `{"type":${type},"timestamp":"${event.at.toISOString()}","data":{${dataOf(event)}}}`
      yield { id: event.eventId, body, events: 1 }
    }
    return
  }
  let events: MembershipEvent[] = []
  let rows: string[] = []
  let bytes = 0
  for (const event of batch.events) {
    const row = `{"type":${type},${dataOf(event)}}`
    if (events.length === eventsPerRequest || (events.length > 0 && bytes + row.length > MOST_BYTES)) {
      yield together(events, rows)
      events = []
      rows = []
      bytes = 0
    }
    events.push(event)
    rows.push(row)
    bytes += row.length + 1
  }
  if (events.length > 0) yield together(events, rows)
}

/** Its time is that of its latest event, so that a repeat says the same. */
function together(events: readonly MembershipEvent[], rows: readonly string[]): Message {
  const latest = new Date(Math.max(...events.map(({ at }) => at.getTime()))).toISOString()
  return {
    id: hash('sha256', events.map(({ eventId }) => eventId).join(' ')),
    body: `{"type":"membership","timestamp":"${latest}","data":{"events":[${rows.join(',')}]}}`,
    events: events.length,
  }
}

/** Writes an event's data as the members of a JSON object, without its braces. All of it is ASCII. */
function dataWriter(batch: EventBatch<WebhookSync>): (event: MembershipEvent) => string {
  const member = placesWriter(batch.identifiers, identifiers, PLACES)
  const parameters = parametersWriter(batch)
  return ({ eventId, at, values, properties }) =>
    `"id":"${eventId}",${parameters({ at, properties: {} })},"member":{${member(values)}},"properties":${asciiJson(properties)}`
}
