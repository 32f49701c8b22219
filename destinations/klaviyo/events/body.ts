import { asciiJson, rowsBody } from '../../ascii-json.ts'
import type { EventBatch, MembershipEvent } from '../../define-events.ts'
import { type Place, parametersWriter, placesWriter } from '../../event-body.ts'
import { IN_LOCATION } from '../identifiers.ts'
import { identifiers as table } from './identifiers.ts'
import type { SyncSettings } from './sync-settings.ts'

type Batch = EventBatch<SyncSettings>

const names: readonly string[] = Object.keys(table)
const placed = (chosen: readonly string[]): Record<string, Place> =>
  Object.fromEntries(chosen.map((name) => [name, { key: name === 'ANONYMOUS_ID' ? 'anonymous_id' : name }]))
const PLACES = placed(names.filter((name) => !IN_LOCATION.includes(name)))
const PLACES_IN_LOCATION = placed(IN_LOCATION)

/** The body of a bulk call: an entry with one event for each member, in their order. */
export function bulkBody(batch: Batch): Buffer {
  const { profile, event } = writersOf(batch)
  const write = (one: MembershipEvent) =>
    `{"type":"event-bulk-create","attributes":{"profile":${profile(one)},"events":{"data":[{"type":"event","attributes":{${event(one)}}}]}}}`
  return rowsBody(
    '{"data":{"type":"event-bulk-create-job","attributes":{"events-bulk-create":{"data":[',
    batch.events,
    write,
    { tail: ']}}}}', rowBytes: 700 + 60 * batch.identifiers.length },
  )
}

/** The body of one event. */
export function singleBody(batch: Batch, one: MembershipEvent): Buffer {
  const { profile, event } = writersOf(batch)
  return Buffer.from(`{"data":{"type":"event","attributes":{${event(one)},"profile":${profile(one)}}}}`, 'latin1')
}

function writersOf(batch: Batch) {
  const { identifiers, name, settings } = batch
  const attributes = placesWriter(identifiers, table, PLACES)
  const location = placesWriter(identifiers, table, PLACES_IN_LOCATION)
  const parameters = parametersWriter(batch)
  const metric = `"metric":{"data":{"type":"metric","attributes":{"name":${asciiJson(name)}}}}`
  const backfill = settings.backfill ? ',"backfill":true' : ''
  return {
    profile(one: MembershipEvent): string {
      const { values } = one
      const own = attributes(values)
      const where = location(values)
      return `{"data":{"type":"profile","attributes":{${own}${where === '' ? '' : `,"location":{${where}}`}}}}`
    },
    event: (one: MembershipEvent): string =>
      `${metric}${backfill},"time":"${one.at.toISOString()}","unique_id":"${one.eventId}","properties":{${parameters(one)}}`,
  }
}
