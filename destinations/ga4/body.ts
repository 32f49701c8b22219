import type { EventBatch, MembershipEvent } from '../define-events.ts'
import { parametersOf } from '../event-parameters.ts'
import { LONGEST_PARAMETER, LONGEST_VALUE, MOST_PARAMETERS } from './api.ts'
import type { Ga4Connection, Ga4Sync } from './connection.ts'
import { IN, OUT, statePropertyOf } from './state-property.ts'

const MINUTE = 60_000
/** An event may be dated back so far; an older one is told at the oldest time there is, with its own in `occurred_at`. */
const OLDEST_MS = 72 * 60 * MINUTE - MINUTE

type Batch = EventBatch<Ga4Sync>

/** Writes the body of an event's request: event and state in one. Undefined where the event has no id of the stream's kind. */
export function bodyWriter(
  { measurementId }: Ga4Connection['settings'],
  batch: Batch,
): (event: MembershipEvent) => Buffer | undefined {
  const at = (name: string) => batch.identifiers.indexOf(name)
  const [key, id] = measurementId === undefined ? ['app_instance_id', 'APP_INSTANCE_ID'] : ['client_id', 'CLIENT_ID']
  const [idAt, userAt, emailAt, phoneAt] = [at(id), at('USER_ID'), at('EMAIL'), at('PHONE')]
  const state = {
    [statePropertyOf(batch.audience, batch.settings)]: { value: batch.operation === 'add' ? IN : OUT },
  }
  const consent = consentOf(batch.settings)
  return (event) => {
    const { values } = event
    if (values[idAt] === undefined) return undefined
    // what is undefined is left out of JSON
    const userData = {
      sha256_email_address: listed(values[emailAt]),
      sha256_phone_number: listed(values[phoneAt]),
    }
    return Buffer.from(
      JSON.stringify({
        [key]: values[idAt],
        user_id: values[userAt],
        timestamp_micros: 1_000 * timeOf(event.at, Date.now()),
        user_data: Object.values(userData).some((value) => value !== undefined) ? userData : undefined,
        consent,
        user_properties: state,
        events: [{ name: batch.name, params: parametersFor(batch, event) }],
      }),
    )
  }
}

const listed = (value: string | undefined) => (value === undefined ? undefined : [value])

const timeOf = (at: Date, now: number): number => Math.min(now, Math.max(at.getTime(), now - OLDEST_MS))

const consentOf = ({ adUserData, adPersonalization }: Ga4Sync) =>
  adUserData === undefined && adPersonalization === undefined
    ? undefined
    : { ad_user_data: adUserData, ad_personalization: adPersonalization }

/** The standard parameters, the event's id, and of the user's properties as many as there is room for. */
function parametersFor(batch: Batch, event: MembershipEvent): Record<string, string | number> {
  const parameters: Record<string, string | number> = { engagement_time_msec: 1, event_id: event.eventId }
  for (const [name, value] of Object.entries(parametersOf(batch, event)))
    parameters[name] = value.slice(0, LONGEST_VALUE)
  let room = MOST_PARAMETERS - Object.keys(parameters).length
  for (const [name, value] of Object.entries(event.properties)) {
    const taken = parameterName(name)
    if (room === 0) break
    if (Object.hasOwn(parameters, taken)) continue
    parameters[taken] = value.slice(0, LONGEST_VALUE)
    room--
  }
  return parameters
}

/** A name as Google Analytics takes it: other signs become _, and one that begins with a digit, _ or a reserved word gets p_ in front. */
function parameterName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_]/g, '_')
  const taken = /^(?!(firebase_|ga_|google_))[A-Za-z]/.test(plain) ? plain : `p_${plain}`
  return taken.slice(0, LONGEST_PARAMETER)
}
