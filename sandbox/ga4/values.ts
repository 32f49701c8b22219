import { isObject } from '../json.ts'
import type { Report } from './problems.ts'

export type Scalar = string | number | boolean

export function isScalar(value: unknown): value is Scalar {
  return (
    typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
  )
}

/** A text, number or boolean; a text of at most so many characters. */
export function checkScalar(
  value: unknown,
  { longest, fieldPath }: { longest: number; fieldPath: string },
  report: Report,
): value is Scalar {
  if (!isScalar(value)) {
    report.add('VALUE_INVALID', fieldPath, `The value of [${fieldPath}] must be a string, a number or a boolean.`)
    return false
  }
  if (typeof value !== 'string' || value.length <= longest || [...value].length <= longest) return true
  report.add('VALUE_INVALID', fieldPath, `The value of [${fieldPath}] must not have more than ${longest} characters.`)
  return false
}

/** Microseconds since 1970 as milliseconds; undefined where there is none, or none that can be read. */
export function readMicros(value: unknown, fieldPath: string, report: Report): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return Math.floor(value / 1_000)
  report.add('VALUE_INVALID', fieldPath, `[${fieldPath}] must be a number of microseconds.`)
  return undefined
}

/** An object all of whose keys are among the known ones. */
export function checkObject(
  value: unknown,
  { known, fieldPath }: { known: readonly string[]; fieldPath: string },
  report: Report,
): value is Record<string, unknown> {
  if (!isObject(value)) {
    report.add('VALUE_INVALID', fieldPath, `[${fieldPath || 'The payload'}] must be an object.`)
    return false
  }
  for (const key of Object.keys(value))
    if (!known.includes(key)) {
      const path = fieldPath === '' ? key : `${fieldPath}.${key}`
      report.add('VALUE_INVALID', path.slice(0, 100), `Cannot find field: ${key.slice(0, 60)}`)
    }
  return true
}
