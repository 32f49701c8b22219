import { isObject } from '../json.ts'
import { checkName } from './names.ts'
import type { TimeSetting } from './payload.ts'
import { within } from './payload.ts'
import type { Report } from './problems.ts'
import type { Scalar } from './values.ts'
import { checkObject, checkScalar, readMicros } from './values.ts'

export interface ReadUserProperty {
  name: string
  value: Scalar
  /** Since when it is so, in milliseconds. */
  time: number
}

const MOST = 25
const LONGEST_VALUE = 36

/** `{name: {value, timestamp_micros}}`; one that is wrong is wrong with the whole request. */
export function readUserProperties(sent: unknown, setting: TimeSetting, report: Report): ReadUserProperty[] {
  if (sent === undefined) return []
  if (!isObject(sent)) {
    report.add('VALUE_INVALID', 'user_properties', '[user_properties] must be an object.')
    return []
  }
  const entries = Object.entries(sent)
  if (entries.length > MOST)
    report.add('EXCEEDED_MAX_ENTITIES', 'user_properties', `A request must not have more than ${MOST} user properties.`)
  return entries.flatMap(([name, property]) => {
    const fieldPath = `user_properties.${name.slice(0, 60)}`
    checkName('user property', name, fieldPath, report)
    if (!checkObject(property, { known: ['value', 'timestamp_micros'], fieldPath }, report)) return []
    const { value, timestamp_micros } = property
    if (!checkScalar(value, { longest: LONGEST_VALUE, fieldPath: `${fieldPath}.value` }, report)) return []
    const own = readMicros(timestamp_micros, `${fieldPath}.timestamp_micros`, report)
    const time = within({ ...setting, time: own ?? setting.time }, fieldPath, report)
    return [{ name, value, time }]
  })
}
