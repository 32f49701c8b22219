import { LONGEST_NAME } from './sync-settings.ts'

/** A bulk call takes 1,000 events in 5 MB. */
export const limits = {
  rowsPerRequest: 1_000,
  bytesPerRequest: 5 * 1024 * 1024,
  requestsInFlight: 2,
  requestTimeoutMs: 60_000,
  eventNameLength: LONGEST_NAME,
}
