import type { SentEvent } from '../events/event.ts'
import type { Cell } from '../held-rows.ts'
import { missing } from './destinations.ts'
import type { EventTarget } from './event-destinations.ts'
import { checkEventName, eventParameters, readNamed, tooLong, userProperties } from './event-names.ts'
import { type Reading, readUserData, regionsOf } from './members.ts'
import type { Message } from './message.ts'
import { inner, text, texts } from './message.ts'
import type { Violation } from './status-error.ts'

/** An event that is well formed, without the property that it goes to. */
export interface ReadEvent {
  event: Omit<SentEvent, 'stream'>
  references: string[]
  identifiers: number
  consent: Message
  /** Regions of its addresses. */
  regions: string[]
}

const OLDEST_MS = 72 * 3_600_000
/** UNVERIFIED how far ahead a clock may be. */
const FURTHEST_AHEAD_MS = 60_000
const LONGEST_USER_ID = 256

interface EventReading extends Reading {
  now: number
}

/** What is wrong with the event goes to the reading's violations, each under its index. */
export function readEvent(sent: Message, at: string, reading: EventReading): ReadEvent {
  const { violations } = reading
  const name = text(sent, 'eventName')
  checkEventName(name, `${at}.event_name`, violations)
  const properties = readNamed(sent, eventParameters, at, violations)
  const told = inner(sent, 'userProperties')
  const traits = readNamed(told, userProperties, `${at}.user_properties`, violations)
  const cells = readPerson(sent, at, reading)
  const transactionId = text(sent, 'transactionId') || undefined
  return {
    event: {
      // What the product itself calls the event's id tells repeats to whoever looks, but not to Google Analytics.
      id: transactionId ?? properties.event_id,
      name,
      time: readTime(text(sent, 'eventTimestamp'), `${at}.event_timestamp`, reading),
      identifiers: identifiersOf(sent, cells),
      properties,
      details: {
        transactionId,
        userProperties: traits,
        eventSource: text(sent, 'eventSource') || undefined,
        adIdentifiers: sent.adIdentifiers,
        eventDeviceInfo: sent.eventDeviceInfo,
      },
    },
    references: texts(sent, 'destinationReferences'),
    identifiers: cells.length,
    consent: inner(sent, 'consent'),
    regions: regionsOf(inner(sent, 'userData')),
  }
}

function readTime(timestamp: string, field: string, { now, violations }: EventReading): number {
  const time = Date.parse(timestamp)
  if (timestamp === '') violations.push(missing(field))
  else if (time < now - OLDEST_MS || time > now + FURTHEST_AHEAD_MS) {
    const description = 'Event did not occur within the acceptable time window.'
    violations.push({ field, description, reason: 'EVENT_TIME_INVALID' })
  }
  return time
}

function readPerson(sent: Message, at: string, reading: EventReading): Cell[] {
  const { violations } = reading
  if (text(sent, 'userId').length > LONGEST_USER_ID) violations.push(tooLong(`${at}.user_id`))
  if (sent.thirdPartyUserData !== undefined)
    violations.push({
      field: `${at}.third_party_user_data`,
      description: 'Third party user data can only be set by data partners.',
      reason: 'THIRD_PARTY_USER_DATA_NOT_ALLOWED',
    })
  if (sent.userData === undefined) return []
  return readUserData(inner(sent, 'userData'), `${at}.user_data`, reading)
}

function identifiersOf(sent: Message, cells: Cell[]): Record<string, unknown> {
  const identifiers: Record<string, unknown> = {}
  for (const name of ['clientId', 'appInstanceId', 'userId']) {
    const value = text(sent, name)
    if (value !== '') identifiers[name] = value
  }
  for (const [key, value] of cells) identifiers[key] = [identifiers[key] ?? [], value].flat()
  return identifiers
}

const sources: Record<string, EventTarget['stream']> = { WEB: 'web', APP: 'app' }

/** What only shows beside the data streams that the event goes to. */
export function checkStreams(
  sent: Message,
  targets: readonly EventTarget[],
  at: string,
  violations: Violation[],
): void {
  const references = texts(sent, 'destinationReferences')
  const own = targets.filter(({ reference }) => references.length === 0 || references.includes(reference))
  const [client, app] = [text(sent, 'clientId'), text(sent, 'appInstanceId')]
  if (client !== '' && app !== '')
    violations.push({
      field: at,
      description: 'Both app_instance_id and client_id are set.',
      reason: 'BOTH_CLIENT_ID_AND_APP_INSTANCE_ID_NOT_ALLOWED',
    })
  if (own.length > 1)
    violations.push({
      field: at,
      description: 'An event had 2 or more Google Analytics destinations.',
      reason: 'MULTIPLE_DESTINATIONS_FOR_GOOGLE_ANALYTICS_EVENT',
    })
  for (const { account, stream } of own) {
    if (stream === 'web' && client === '') violations.push(missing(`${at}.client_id`))
    if (stream === 'app' && app === '') violations.push(missing(`${at}.app_instance_id`))
    const source = sources[text(sent, 'eventSource')]
    if (source !== undefined && source !== stream)
      violations.push({
        field: `${at}.event_source`,
        description: 'The event source type does not match the destination type.',
        reason: 'EVENT_SOURCE_AND_DESTINATION_MISMATCH',
      })
    if (!account.allowlisted && text(sent, 'transactionId') !== '')
      violations.push({
        field: `${at}.transaction_id`,
        description: 'The account is not allowlisted for the given feature.',
        reason: 'NOT_ALLOWLISTED',
      })
  }
}
