import { isIP } from 'node:net'
import type { SentEvent } from '../events/event.ts'
import { valuesOf } from '../events/people.ts'
import { isObject } from '../json.ts'
import type { Answer } from '../platform.ts'
import { EnvelopeError, envelope, invalid, ok, sentence } from './envelope.ts'
import type { Context } from './operation.ts'
import { text } from './operation.ts'

/** Second-hand. */
const MOST_EVENTS = 1_000
const LONGEST_TEXT = 256
const sources = ['web', 'app', 'offline', 'crm']
const hashed = ['email', 'phone', 'external_id']

/**
 * `/event/track/`. One bad event refuses the whole call, and nothing says which it was. UNVERIFIED: partial success
 * (only on order), the oldest event (any is taken), and who is named too weakly (whoever nothing names).
 */
export function trackEvents({ state, accounts, input, disturbance }: Context): Answer {
  if (!sources.some((source) => source === input.event_source))
    throw invalid(`event_source: Must be one of ${sources.join(', ')}`)
  const stream = text(input, 'event_source_id', LONGEST_TEXT)
  if (!accounts.some(({ pixelCode }) => pixelCode === stream))
    throw new EnvelopeError(40001, 'No permission to operate this event source')
  const { data } = input
  if (!Array.isArray(data) || data.length === 0 || data.length > MOST_EVENTS)
    throw invalid(`data: Length must be between 1 and ${MOST_EVENTS}`)
  const { event_source, test_event_code } = input
  const events = data.map((each: unknown) => readEvent(each, stream, { event_source, test_event_code }))
  const refused = Math.min(disturbance.rejectRows, events.length)
  for (const [at, event] of events.entries())
    state.events.take(event, at < refused ? (disturbance.reason ?? 'refused by a fault') : undefined)
  const counts = { received: events.length, invalid: refused }
  return refused === 0 ? ok({}, counts) : envelope(20001, disturbance.reason ?? sentence(20001), {}, counts)
}

function readEvent(value: unknown, stream: string, told: Record<string, unknown>): SentEvent {
  if (!isObject(value)) throw invalid('data: Invalid parameter')
  const { event: _, event_id: id, event_time: time, user, properties, ...details } = value
  if (id !== undefined && (typeof id !== 'string' || id === '')) throw invalid('data.event_id: Invalid parameter')
  if (typeof time !== 'number' || !Number.isInteger(time) || time < 0 || time > 9_999_999_999)
    throw invalid('data.event_time: Must be a Unix time in seconds')
  if (properties !== undefined && !isObject(properties)) throw invalid('data.properties: Invalid parameter')
  return {
    stream,
    id,
    name: text(value, 'event', LONGEST_TEXT),
    time: time * 1_000,
    identifiers: readUser(user),
    properties: properties ?? {},
    details: { ...told, ...details },
  }
}

function readUser(user: unknown): Record<string, unknown> {
  if (!isObject(user)) throw invalid('data.user: Invalid parameter')
  for (const name of hashed)
    if (user[name] !== undefined && !valuesOf(user[name]).every((each) => /^[0-9a-f]{64}$/.test(each)))
      throw invalid(`data.user.${name}: Must be hashed with SHA-256`)
  for (const name of ['ttp', 'ttclid', 'ip', 'user_agent'])
    if (user[name] !== undefined && (typeof user[name] !== 'string' || /^[0-9a-f]{64}$/i.test(user[name])))
      throw invalid(`data.user.${name}: Must not be hashed`)
  if (typeof user.ip === 'string' && isIP(user.ip) === 0) throw invalid('data.user.ip: Invalid parameter')
  const has = (name: string) => valuesOf(user[name]).length > 0
  if (![...hashed, 'ttp', 'ttclid', 'idfa', 'gaid'].some(has) && !(has('ip') && has('user_agent')))
    throw invalid('data.user: No identifier of a user')
  return user
}
