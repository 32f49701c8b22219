import { asciiJson, innerJson, rowsBody, textJson } from '../../ascii-json.ts'
import type { EventBatch, MembershipEvent } from '../../define-events.ts'
import { placesWriter } from '../../event-body.ts'
import { parametersOf } from '../../event-parameters.ts'
import type { GoogleConnection } from '../connection.ts'
import { consentOf } from '../members-body.ts'
import { identifiers as table } from './identifiers.ts'
import { IN, OUT, statePropertyOf } from './state-property.ts'
import { LONGEST_NAME, type SyncSettings } from './sync-settings.ts'

type Batch = EventBatch<SyncSettings>
type Settings = Pick<GoogleConnection, 'settings'>['settings']

const HOUR = 3_600_000
/** An event has to lie within the last 72 hours. */
const OLDEST_MS = 72 * HOUR
/** Left for the way and for clocks that differ. */
const MARGIN_MS = HOUR / 12
/** Google Analytics takes so many parameters of an event, and so many characters of a value. */
const MOST_PARAMETERS = 25
const LONGEST_VALUE = 100

/** The body of `events:ingest`: one destination, which is a web stream of a property, and the consent of all members of the batch. */
export function eventsBody(settings: Settings, batch: Batch, now = Date.now()): Buffer {
  const head = {
    destinations: [
      {
        operatingAccount: { accountType: 'GOOGLE_ANALYTICS_PROPERTY', accountId: settings.gaPropertyId },
        productDestinationId: settings.gaMeasurementId,
      },
    ],
    encoding: 'HEX',
    ...consentOf({ ...batch, members: batch.events }),
  }
  return rowsBody(`${asciiJson(head).slice(0, -1)},"events":[`, batch.events, eventWriter(batch, now), {
    tail: ']}',
    rowBytes: 800 + 60 * batch.identifiers.length,
  })
}

function eventWriter(batch: Batch, now: number): (event: MembershipEvent) => string {
  const { identifiers, operation, settings, audience, name } = batch
  const state = { propertyName: statePropertyOf(audience, settings), value: operation === 'add' ? IN : OUT }
  const head = `{"eventName":${asciiJson(name)},"eventSource":"WEB","userProperties":{"additionalUserProperties":[${asciiJson(state)}]}`
  const person = personWriter(identifiers)
  const parameters = parametersWriter(batch)
  const oldest = now - OLDEST_MS + MARGIN_MS
  // most events of a batch were planned at the same moment
  let last: number | undefined
  let time = ''
  return (event) => {
    if (event.at.getTime() !== last) {
      last = event.at.getTime()
      time = new Date(Math.min(now, Math.max(oldest, last))).toISOString()
    }
    const transaction = settings.transactionIds ? `,"transactionId":"${event.eventId}"` : ''
    return `${head}${transaction},"eventTimestamp":"${time}"${person(event.values)},"additionalEventParameters":[${parameters(event)}]}`
  }
}

/** Who it was, each member of the event with a comma in front. Google refuses an event that has both a client id and an app's. */
function personWriter(identifiers: readonly string[]): (values: MembershipEvent['values']) => string {
  const at = (name: string) => identifiers.indexOf(name)
  const [client, app, user, email, phone] = [
    at('CLIENT_ID'),
    at('APP_INSTANCE_ID'),
    at('USER_ID'),
    at('email'),
    at('phone'),
  ]
  const ad = placesWriter(identifiers, table, {
    GCLID: { key: 'gclid' },
    GBRAID: { key: 'gbraid' },
    WBRAID: { key: 'wbraid' },
    mobile_id: { key: 'mobileDeviceId' },
  })
  const text = (key: string, value: string | undefined) =>
    value === undefined ? '' : `,"${key}":"${innerJson(value)}"`
  return (values) => {
    const clientId = values[client]
    const contacts = [
      ...(values[email] === undefined ? [] : [`{"emailAddress":"${values[email]}"}`]),
      ...(values[phone] === undefined ? [] : [`{"phoneNumber":"${values[phone]}"}`]),
    ].join(',')
    const ads = ad(values)
    return (
      (clientId === undefined ? text('appInstanceId', values[app]) : text('clientId', clientId)) +
      text('userId', values[user]) +
      (contacts === '' ? '' : `,"userData":{"userIdentifiers":[${contacts}]}`) +
      (ads === '' ? '' : `,"adIdentifiers":{${ads}}`)
    )
  }
}

/** The standard parameters, the event's id, and the user's properties as far as Google Analytics has room for them. */
function parametersWriter(batch: Batch): (event: MembershipEvent) => string {
  const parameter = (name: string, value: string) =>
    `{"parameterName":${textJson(name)},"value":${textJson(value.slice(0, LONGEST_VALUE))}}`
  const standard = Object.keys(parametersOf(batch, { at: new Date(0) })).concat('event_id')
  let time: number | undefined
  let written = ''
  return ({ at, eventId, properties }) => {
    if (at.getTime() !== time) {
      time = at.getTime()
      written = Object.entries(parametersOf(batch, { at }))
        .map(([name, value]) => parameter(name, value))
        .join(',')
    }
    const own = Object.entries(properties)
      .map(([name, value]) => [parameterName(name), value] as const)
      .filter(([name]) => !standard.includes(name))
      .slice(0, MOST_PARAMETERS - standard.length)
    return `${written},${parameter('event_id', eventId)}${own.map(([name, value]) => `,${parameter(name, value)}`).join('')}`
  }
}

/** A name as Google Analytics takes it: other letters become _, and one that begins with none, or with a reserved word, gets p_ in front. */
function parameterName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_]/g, '_')
  const taken = /^(?!(firebase_|ga_|google_))[A-Za-z]/.test(plain) ? plain : `p_${plain}`
  return taken.slice(0, LONGEST_NAME)
}
