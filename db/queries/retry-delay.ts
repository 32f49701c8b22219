import type { Runner } from '../connect.ts'

const firstMinutes = 15
const longestMinutes = 360

/** A quarter of an hour, doubling with each `retry_step` to six hours: when what could not be finished is tried again. */
export const retryAfter = (run: Runner) =>
  run`least(${firstMinutes} * power(2, retry_step), ${longestMinutes}) * interval '1 minute'`
