import type { EventAttributes } from './event-schemas.ts'

export interface EventFault {
  /** Behind the event's attributes. */
  pointer: string
  detail: string
}

/** Where the sources disagree (300 or 400 properties, the year 2000 or 1990) the stricter stands. */
const MOST_PROPERTIES = 300
const EARLIEST = Date.UTC(2000, 0)
const YEAR_MS = 366 * 86_400_000
const LONGEST_NAME = 127
const LARGEST_TEXT_BYTES = 100 * 1024
const MOST_ITEMS = 4_000
const DEEPEST = 10

/** What of an event is beyond Klaviyo's limits. */
export function eventFaults({ metric, properties, time, value_currency }: EventAttributes, now: number): EventFault[] {
  const faults: EventFault[] = []
  const { length } = metric.data.attributes.name
  if (length === 0 || length > LONGEST_NAME)
    faults.push({ pointer: '/metric/data/attributes/name', detail: 'The name must have less than 128 characters.' })
  if (Object.keys(properties).length > MOST_PROPERTIES)
    faults.push({ pointer: '/properties', detail: `An event must not have more than ${MOST_PROPERTIES} properties.` })
  const trouble = troubleOf(properties, 0)
  if (trouble !== undefined) faults.push({ pointer: '/properties', detail: trouble })
  if (typeof time === 'string' && !isGoodTime(time, now))
    faults.push({ pointer: '/time', detail: 'The time must be a date and time from the year 2000 to a year from now.' })
  if (typeof value_currency === 'string' && !/^[A-Z]{3}$/.test(value_currency))
    faults.push({ pointer: '/value_currency', detail: 'The currency must be of ISO 4217.' })
  return faults
}

function isGoodTime(text: string, now: number): boolean {
  const time = Date.parse(text)
  return /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:?\d{2})$/i.test(text) && time >= EARLIEST && time <= now + YEAR_MS
}

function troubleOf(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string')
    return Buffer.byteLength(value) > LARGEST_TEXT_BYTES ? 'A string must not be larger than 100 KB.' : undefined
  if (typeof value !== 'object' || value === null) return undefined
  if (depth === DEEPEST) return `Properties must not be nested deeper than ${DEEPEST} levels.`
  if (Array.isArray(value) && value.length > MOST_ITEMS) return `An array must not have more than ${MOST_ITEMS} items.`
  for (const each of Object.values(value)) {
    const trouble = troubleOf(each, depth + 1)
    if (trouble !== undefined) return trouble
  }
  return undefined
}
