import type { SentEvent } from '../events/event.ts'
import { isObject } from '../json.ts'
import { readPerson } from './event-person.ts'
import { type EventTrouble, troubles } from './event-troubles.ts'
import { refuse } from './graph-error.ts'

const DAY_MS = 86_400_000
const OLDEST_DAYS = 7
/** Sales in a shop may be told later. */
const OLDEST_IN_STORE_DAYS = 62
/** Second-hand: a connector refuses what is further ahead. */
const FURTHEST_AHEAD_MS = 60_000

const actionSources = [
  ...['website', 'app', 'email', 'phone_call', 'chat', 'physical_store', 'system_generated', 'other'],
  'business_messaging',
]

/** One element of `data`, without the dataset that it went to. Throws the GraphError that Meta would answer. */
export function readEvent(value: unknown, now: number): Omit<SentEvent, 'stream'> {
  if (!isObject(value)) throw refuse.event(troubles.wrong('data', 'must be an object'))
  const { event_name: name, event_id: id, custom_data: properties, user_data, event_time, ...details } = value
  if (name === undefined) throw refuse.event(troubles.missing('event_name'))
  if (!isText(name)) throw refuse.event(troubles.wrong('event_name', 'must be a string that is not empty'))
  if (id !== undefined && id !== null && !isText(id) && typeof id !== 'number')
    throw refuse.event(troubles.wrong('event_id', 'must be a string'))
  if (properties !== undefined && properties !== null && !isObject(properties))
    throw refuse.event(troubles.wrong('custom_data', 'must be an object'))
  const source = readSource(details.action_source)
  const time = readTime(event_time, source, now)
  const identifiers = readPerson(user_data)
  if (source === 'website') checkWebsite(details, identifiers)
  return {
    id: id === undefined || id === null ? undefined : String(id),
    name,
    time,
    identifiers,
    properties: isObject(properties) ? properties : {},
    details,
  }
}

function readSource(value: unknown): string {
  if (value === undefined) throw refuse.event(troubles.missing('action_source'))
  const source = actionSources.find((known) => known === value)
  if (source !== undefined) return source
  throw refuse.event(troubles.wrong('action_source', `must be one of ${actionSources.join(', ')}`))
}

/** Unix seconds to milliseconds. */
function readTime(value: unknown, source: string, now: number): number {
  if (value === undefined) throw refuse.event(troubles.missing('event_time'))
  const seconds = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value
  if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 0)
    throw refuse.event(troubles.wrong('event_time', 'must be a Unix time in seconds'))
  const days = source === 'physical_store' ? OLDEST_IN_STORE_DAYS : OLDEST_DAYS
  if (seconds * 1_000 < now - days * DAY_MS) throw refuse.event(troubles.tooOld(days))
  if (seconds * 1_000 > now + FURTHEST_AHEAD_MS)
    throw refuse.event(troubles.wrong('event_time', 'is in the future, or not in seconds'))
  return seconds * 1_000
}

function checkWebsite({ event_source_url }: Record<string, unknown>, person: Record<string, unknown>): void {
  const missing: EventTrouble | undefined = !isText(event_source_url)
    ? troubles.missingOnWebsite('event_source_url')
    : person.client_user_agent === undefined
      ? troubles.missingOnWebsite('user_data[client_user_agent]')
      : undefined
  if (missing) throw refuse.event(missing)
  if (!URL.canParse(String(event_source_url)))
    throw refuse.event(troubles.wrong('event_source_url', 'must be an address'))
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''
