import { missing } from './destinations.ts'
import type { Message } from './message.ts'
import { innerList, snake, text } from './message.ts'
import type { Violation } from './status-error.ts'

const LONGEST_EVENT_NAME = 40
const MOST_NAMED = 25

const wellFormed = /^[A-Za-z][A-Za-z0-9_]*$/
const reservedStart = /^(_|firebase_|ga_|google_|gtag\.)/
/** What Google Analytics collects by itself. */
const reservedEvents = new Set(
  (
    'ad_activeview ad_click ad_exposure ad_query ad_reward adunit_exposure app_clear_data app_exception app_install ' +
    'app_remove app_store_refund app_update app_upgrade dynamic_link_open error first_open first_visit in_app_purchase ' +
    'notification_dismiss notification_foreground notification_open notification_receive os_update session_start ' +
    'user_engagement'
  ).split(' '),
)
const reservedProperties = new Set(
  'first_open_time first_visit_time last_deep_link_referrer user_id first_open_after_install'.split(' '),
)

export function checkEventName(name: string, field: string, violations: Violation[]): void {
  if (name === '') violations.push(missing(field))
  else if (
    name.length > LONGEST_EVENT_NAME ||
    !wellFormed.test(name) ||
    reservedStart.test(name) ||
    reservedEvents.has(name)
  )
    violations.push({ field, description: 'The event name is not supported.', reason: 'INVALID_EVENT_NAME' })
}

/** How pairs of a name and a value are sent, and how long both may be. */
interface Named {
  list: string
  name: string
  longestName: number
  longestValue(name: string): number
  reserved: ReadonlySet<string>
}

/** Values that may be longer than the others. */
const longValues: Record<string, number> = { page_title: 300, page_referrer: 420, page_location: 1_000 }

export const eventParameters: Named = {
  list: 'additionalEventParameters',
  name: 'parameterName',
  longestName: 40,
  longestValue: (name) => (Object.hasOwn(longValues, name) ? longValues[name] : undefined) ?? 100,
  reserved: new Set(),
}

export const userProperties: Named = {
  list: 'additionalUserProperties',
  name: 'propertyName',
  longestName: 24,
  longestValue: () => 36,
  reserved: reservedProperties,
}

/** Values by their name; what is wrong goes to `violations`. */
export function readNamed(sent: Message, kind: Named, at: string, violations: Violation[]): Record<string, string> {
  const field = `${at}.${snake(kind.list)}`
  const pairs = innerList(sent, kind.list)
  if (pairs.length > MOST_NAMED) {
    const description = 'Too many elements in a list in the request.'
    violations.push({ field, description, reason: 'TOO_MANY_ELEMENTS' })
  }
  return Object.fromEntries(
    pairs.map((pair, index) => {
      const name = text(pair, kind.name)
      const value = text(pair, 'value')
      violations.push(...namedTroubles(name, value, kind, `${field}[${index}]`))
      return [name, value]
    }),
  )
}

function namedTroubles(name: string, value: string, kind: Named, at: string): Violation[] {
  const nameField = `${at}.${snake(kind.name)}`
  const ofName: Violation | undefined =
    name === ''
      ? missing(nameField)
      : reservedStart.test(name) || kind.reserved.has(name)
        ? { field: nameField, description: 'Parameter uses a reserved name.', reason: 'RESERVED_NAME_USED' }
        : !wellFormed.test(name)
          ? { field: nameField, description: 'Format is invalid.', reason: 'INVALID_FORMAT' }
          : name.length > kind.longestName
            ? tooLong(nameField)
            : undefined
  const ofValue =
    value === '' ? missing(`${at}.value`) : value.length > kind.longestValue(name) ? tooLong(`${at}.value`) : undefined
  return [ofName, ofValue].filter((trouble) => trouble !== undefined)
}

export function tooLong(field: string): Violation {
  return { field, description: 'The field value is too long.', reason: 'FIELD_VALUE_TOO_LONG' }
}
