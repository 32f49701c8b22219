import { asciiJson, rowsBody, textJson } from '../../ascii-json.ts'
import type { EventBatch, MembershipEvent } from '../../define-events.ts'
import { parametersWriter, placesWriter } from '../../event-body.ts'
import { PLACES, identifiers as table } from './identifiers.ts'
import type { SyncSettings } from './sync-settings.ts'

const DAY = 86_400_000
/** Meta refuses a whole request for one event that is older, or that lies ahead. */
const OLDEST_MS = 7 * DAY
/** Left for the way and for clocks that differ. */
const MARGIN_MS = 5 * 60_000

/** The body of `/events`. The token stands in it because Meta's page on events knows it there and not in the header. */
export function eventsBody(accessToken: string, batch: EventBatch<SyncSettings>, now = Date.now()): Buffer {
  const { testEventCode } = batch.settings
  const head = { access_token: accessToken, ...(testEventCode && { test_event_code: testEventCode }) }
  return rowsBody(`${asciiJson(head).slice(0, -1)},"data":[`, batch.events, eventWriter(batch, now), {
    tail: ']}',
    rowBytes: 600 + 80 * batch.identifiers.length,
  })
}

function eventWriter(batch: EventBatch<SyncSettings>, now: number): (event: MembershipEvent) => string {
  const { name, identifiers, settings } = batch
  const { actionSource, eventSourceUrl } = settings
  const source = { action_source: actionSource, ...(eventSourceUrl && { event_source_url: eventSourceUrl }) }
  const head = `{"event_name":${asciiJson(name)},${asciiJson(source).slice(1, -1)},"event_id":"`
  const person = placesWriter(identifiers, table, PLACES)
  const parameters = parametersWriter(batch)
  const limitedUse = limitedUseWriter(identifiers)
  const oldest = now - OLDEST_MS + MARGIN_MS
  return (event) => {
    const { values } = event
    const time = Math.floor(Math.min(now, Math.max(oldest, event.at.getTime())) / 1_000)
    return `${head}${event.eventId}","event_time":${time},"user_data":{${person(values)}},"custom_data":{${parameters(event)}}${limitedUse(values)}}`
  }
}

/** Limited data use of a person: where its country and state are not told, 0 lets Meta find out. */
function limitedUseWriter(identifiers: readonly string[]): (values: MembershipEvent['values']) => string {
  const [options, country, state] = ['', '_COUNTRY', '_STATE'].map((end) =>
    identifiers.indexOf(`DATA_PROCESSING_OPTIONS${end}`),
  )
  const number = (value: string | undefined) => Number(value ?? 0) || 0
  return (values) => {
    const option = values[options ?? -1]
    if (option === undefined) return ''
    return `,"data_processing_options":[${textJson(option)}],"data_processing_options_country":${number(values[country ?? -1])},"data_processing_options_state":${number(values[state ?? -1])}`
  }
}
