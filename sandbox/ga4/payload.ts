import { isObject, parseJson } from '../json.ts'
import { type ReadEvent, readEvents } from './payload-events.ts'
import { type ReadUserProperty, readUserProperties } from './payload-user-properties.ts'
import { type Report, startReport } from './problems.ts'
import { checkObject, readMicros } from './values.ts'

/** What a request is sent for: a web stream knows clients, an app stream instances of the app. */
export type StreamKind = 'web' | 'app'

/** What could be read of a request; `report` tells what is wrong with it. */
export interface ReadPayload {
  report: Report
  identifiers: Record<string, string>
  userProperties: ReadUserProperty[]
  events: ReadEvent[]
}

const TOO_LARGE_BYTES = 130_000
const LONGEST_USER_ID = 256
const clientKeys = { web: 'client_id', app: 'app_instance_id' } as const

const fields = [
  'client_id',
  'app_instance_id',
  'user_id',
  'timestamp_micros',
  'user_properties',
  'user_data',
  'consent',
  'non_personalized_ads',
  'user_location',
  'ip_override',
  'device',
  'user_agent',
  'validation_behavior',
  'events',
]

/** Reads a request as it is at that time (milliseconds), with every check that Google's validation makes. */
export function readPayload(kind: StreamKind, body: Buffer, now: number): ReadPayload {
  const report = startReport()
  const nothing = { report, identifiers: {}, userProperties: [], events: [] }
  if (body.length >= TOO_LARGE_BYTES) {
    report.add('VALUE_OUT_OF_BOUNDS', '', 'The payload must be smaller than 130 kB.')
    return nothing
  }
  const payload = parseJson(body)
  if (!isObject(payload)) {
    report.add('VALUE_INVALID', '', 'Unable to parse Measurement Protocol JSON payload.')
    return nothing
  }
  checkObject(payload, { known: fields, fieldPath: '' }, report)
  const isStrict = readBehavior(payload.validation_behavior, report)
  const identifiers = readIdentifiers(kind, payload, report)
  checkConsent(payload.consent, report)
  checkUserData(payload.user_data, report)
  if (payload.non_personalized_ads !== undefined && typeof payload.non_personalized_ads !== 'boolean')
    report.add('VALUE_INVALID', 'non_personalized_ads', '[non_personalized_ads] must be a boolean.')
  const time = readMicros(payload.timestamp_micros, 'timestamp_micros', report)
  const setting = { now, isStrict, time: within({ now, isStrict, time }, 'timestamp_micros', report) }
  return {
    report,
    identifiers,
    userProperties: readUserProperties(payload.user_properties, setting, report),
    events: readEvents(payload.events, setting, report),
  }
}

/** What the times of a request are read against: `time` is its own, in milliseconds. */
export interface TimeSetting {
  now: number
  isStrict: boolean
  time: number | undefined
}

const OLDEST_MS = 72 * 3_600_000

/**
 * A time of the last 72 hours: an older one counts as 72 hours ago, one that is yet to come as now. Where the sender
 * asked for strictness both are wrong.
 */
export function within({ now, isStrict, time }: TimeSetting, fieldPath: string, report: Report): number {
  if (time === undefined) return now
  if (isStrict && (time < now - OLDEST_MS || time > now))
    report.add('VALUE_OUT_OF_BOUNDS', fieldPath, `[${fieldPath}] must be within the last 72 hours.`)
  return Math.min(Math.max(time, now - OLDEST_MS), now)
}

function readBehavior(value: unknown, report: Report): boolean {
  if (value !== undefined && value !== 'RELAXED' && value !== 'ENFORCE_RECOMMENDATIONS')
    report.add(
      'VALUE_INVALID',
      'validation_behavior',
      '[validation_behavior] must be RELAXED or ENFORCE_RECOMMENDATIONS.',
    )
  return value === 'ENFORCE_RECOMMENDATIONS'
}

function readIdentifiers(kind: StreamKind, payload: Record<string, unknown>, report: Report): Record<string, string> {
  const key = clientKeys[kind]
  const other = clientKeys[kind === 'web' ? 'app' : 'web']
  const { [key]: client, [other]: foreign, user_id: user } = payload
  const identifiers: Record<string, string> = {}
  if (foreign !== undefined)
    report.add('VALUE_INVALID', other, `[${other}] does not belong to a stream of this kind; it takes [${key}].`)
  if (typeof client !== 'string' || client === '')
    report.add('VALUE_REQUIRED', key, `[${key}] is required and must be a string.`)
  else {
    const known = kind === 'web' ? clientIdOf(client) : instanceIdOf(client)
    if (known === undefined) report.add('VALUE_INVALID', key, `[${key}] is not one that Google gives out.`)
    identifiers[key] = known ?? client.slice(0, 100)
  }
  if (user === undefined) return identifiers
  if (typeof user !== 'string' || user === '' || [...user].length > LONGEST_USER_ID)
    report.add('VALUE_INVALID', 'user_id', `[user_id] must be a string of 1 to ${LONGEST_USER_ID} characters.`)
  else identifiers.user_id = user
  return identifiers
}

/** Two positive whole numbers and a dot, also out of the whole value of the cookie. */
function clientIdOf(value: string): string | undefined {
  return /^(?:GA\d\.\d+\.)?([1-9]\d*\.[1-9]\d*)$/.exec(value)?.[1]
}

const instanceIdOf = (value: string) => (/^[0-9A-Fa-f]{32}$/.test(value) ? value : undefined)

function checkConsent(consent: unknown, report: Report): void {
  if (consent === undefined) return
  if (!checkObject(consent, { known: ['ad_user_data', 'ad_personalization'], fieldPath: 'consent' }, report)) return
  for (const [key, value] of Object.entries(consent))
    if (value !== 'GRANTED' && value !== 'DENIED')
      report.add('VALUE_INVALID', `consent.${key}`, `[consent.${key.slice(0, 60)}] must be GRANTED or DENIED.`)
}

const hashedKeys = ['sha256_email_address', 'sha256_phone_number']

function checkUserData(data: unknown, report: Report): void {
  if (data === undefined) return
  if (!checkObject(data, { known: [...hashedKeys, 'address'], fieldPath: 'user_data' }, report)) return
  for (const key of hashedKeys) {
    const values = [data[key]].flat()
    if (data[key] !== undefined && !values.every((value) => typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value)))
      report.add('VALUE_INVALID', `user_data.${key}`, `[user_data.${key}] must be a SHA-256 hash in hex, or several.`)
  }
}
