/** What one request may hold, if the sync asks for several events in one. */
export const MOST_EVENTS = 500
export const MOST_BYTES = 1_000_000

export const limits = {
  rowsPerRequest: MOST_EVENTS,
  bytesPerRequest: MOST_BYTES,
  requestsInFlight: 2,
  requestTimeoutMs: 15_000,
  eventNameLength: 200,
}

/** Requests of one batch on their way at once. */
export const AT_ONCE = 20
/** So many events of a batch may fail one by one before the rest is left for later. */
export const MOST_FAULTS = 20
