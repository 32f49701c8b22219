import type { z } from 'zod'
import { ControlFault } from './control-fault.ts'

/** What the schema makes of the value; throws a ControlFault that names each wrong key and what it should be. */
export function check<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const faults = result.error.issues.map(
    (issue) => `${issue.path.length > 0 ? `\`${issue.path.join('.')}\`: ` : ''}${issue.message}`,
  )
  throw new ControlFault(400, `${what}: ${faults.join('; ')}.`)
}

/** The JSON object of a body. An empty body is an empty object. */
export function jsonBody(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    throw new ControlFault(400, 'The body is not JSON. Send a JSON object with content-type application/json.')
  }
}

/** A whole number of the query within bounds, or the default when it is absent. */
export function wholeNumber(
  text: string | undefined,
  { name, fallback, max }: { name: string; fallback: number; max: number },
): number {
  if (text === undefined) return fallback
  const value = Number(text)
  if (text !== '' && Number.isSafeInteger(value) && value >= 0 && value <= max) return value
  throw new ControlFault(400, `\`${name}\` must be a whole number from 0 to ${max}.`)
}
