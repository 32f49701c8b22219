import { isObject } from '../json.ts'
import { checkName } from './names.ts'
import type { TimeSetting } from './payload.ts'
import { within } from './payload.ts'
import type { Report } from './problems.ts'
import type { Scalar } from './values.ts'
import { checkObject, checkScalar, readMicros } from './values.ts'

export interface ReadEvent {
  /** Empty where there is none. */
  name: string
  /** Those that are texts, numbers or booleans. */
  params: Record<string, Scalar>
  /** In milliseconds. */
  time: number
}

const MOST_EVENTS = 25
const MOST_PARAMS = 25
const LONGEST_VALUE = 100
const MOST_ITEMS = 200
const MOST_ITEM_PARAMS = 10

/** The events in their places. */
export function readEvents(sent: unknown, setting: TimeSetting, report: Report): ReadEvent[] {
  if (!Array.isArray(sent) || sent.length === 0) {
    report.add('VALUE_REQUIRED', 'events', '[events] is required: an array of at least one event.')
    return []
  }
  if (sent.length > MOST_EVENTS)
    report.add('EXCEEDED_MAX_ENTITIES', 'events', `A request must not have more than ${MOST_EVENTS} events.`)
  return sent.map((event: unknown, index) => readEvent(event, index, setting, report.ofEvent(index)))
}

function readEvent(sent: unknown, index: number, setting: TimeSetting, report: Report): ReadEvent {
  const fieldPath = `events[${index}]`
  const read: ReadEvent = { name: '', params: {}, time: setting.time ?? setting.now }
  if (!checkObject(sent, { known: ['name', 'params', 'timestamp_micros'], fieldPath }, report)) return read
  const { name, params = {}, timestamp_micros } = sent
  if (typeof name !== 'string' || name === '')
    report.add('VALUE_REQUIRED', `${fieldPath}.name`, `Event at index: [${index}] has no name.`)
  else {
    read.name = name.slice(0, 200)
    checkName('event', name, 'events', report)
  }
  const own = readMicros(timestamp_micros, `${fieldPath}.timestamp_micros`, report)
  if (own !== undefined) read.time = within({ ...setting, time: own }, `${fieldPath}.timestamp_micros`, report)
  read.params = readParams(params, `${fieldPath}.params`, report)
  return read
}

function readParams(params: unknown, fieldPath: string, report: Report): Record<string, Scalar> {
  const read: Record<string, Scalar> = {}
  if (!isObject(params)) {
    report.add('VALUE_INVALID', fieldPath, `[${fieldPath}] must be an object.`)
    return read
  }
  const entries = Object.entries(params)
  if (entries.length > MOST_PARAMS)
    report.add('EXCEEDED_MAX_ENTITIES', fieldPath, `An event must not have more than ${MOST_PARAMS} parameters.`)
  for (const [name, value] of entries) {
    const path = `${fieldPath}.${name.slice(0, 60)}`
    checkName('parameter', name, path, report)
    if (name === 'items') checkItems(value, path, report)
    else if (checkScalar(value, { longest: LONGEST_VALUE, fieldPath: path }, report)) read[name] = value
  }
  return read
}

/** What an item may have without counting as a parameter of one's own. */
const itemKeys = new Set([
  'item_id',
  'item_name',
  'affiliation',
  'coupon',
  'creative_name',
  'creative_slot',
  'currency',
  'discount',
  'index',
  'item_brand',
  'item_category',
  'item_category2',
  'item_category3',
  'item_category4',
  'item_category5',
  'item_list_id',
  'item_list_name',
  'item_variant',
  'location_id',
  'price',
  'promotion_id',
  'promotion_name',
  'quantity',
])

function checkItems(items: unknown, fieldPath: string, report: Report): void {
  if (!Array.isArray(items) || items.length > MOST_ITEMS) {
    report.add('VALUE_INVALID', fieldPath, `[${fieldPath}] must be an array of at most ${MOST_ITEMS} items.`)
    return
  }
  for (const [index, item] of items.entries()) {
    const path = `${fieldPath}[${index}]`
    if (!isObject(item)) {
      report.add('VALUE_INVALID', path, `[${path}] must be an object.`)
      continue
    }
    const own = Object.keys(item).filter((key) => !itemKeys.has(key))
    if (own.length > MOST_ITEM_PARAMS)
      report.add(
        'EXCEEDED_MAX_ENTITIES',
        path,
        `An item must not have more than ${MOST_ITEM_PARAMS} custom parameters.`,
      )
    for (const [key, value] of Object.entries(item))
      checkScalar(value, { longest: LONGEST_VALUE, fieldPath: `${path}.${key.slice(0, 60)}` }, report)
  }
}
