import { asciiJson, rowsBody } from '../../ascii-json.ts'
import type { EventBatch, MembershipEvent } from '../../define-events.ts'
import { parametersWriter, placesWriter } from '../../event-body.ts'
import { PLACES, identifiers as table } from './identifiers.ts'
import type { SyncSettings } from './sync-settings.ts'

/** The body of `/event/track/`. Times are the true ones: TikTok tells no age that an event may have. */
export function eventsBody(eventSourceId: string, batch: EventBatch<SyncSettings>): Buffer {
  const { eventSource, testEventCode } = batch.settings
  const head = {
    event_source: eventSource,
    event_source_id: eventSourceId,
    ...(testEventCode && { test_event_code: testEventCode }),
  }
  return rowsBody(`${asciiJson(head).slice(0, -1)},"data":[`, batch.events, eventWriter(batch), {
    tail: ']}',
    rowBytes: 500 + 80 * batch.identifiers.length,
  })
}

function eventWriter(batch: EventBatch<SyncSettings>): (event: MembershipEvent) => string {
  const { name, identifiers, settings } = batch
  const page = settings.pageUrl ? `,"page":{"url":${asciiJson(settings.pageUrl)}}` : ''
  const head = `{"event":${asciiJson(name)}${page},"event_id":"`
  const person = placesWriter(identifiers, table, PLACES)
  const parameters = parametersWriter(batch)
  const limited = identifiers.indexOf('LIMITED_DATA_USE')
  return (event) => {
    const { values } = event
    const limitedUse = values[limited] === undefined ? '' : ',"limited_data_use":true'
    return `${head}${event.eventId}","event_time":${Math.floor(event.at.getTime() / 1_000)},"user":{${person(values)}},"properties":{${parameters(event)}}${limitedUse}}`
  }
}
