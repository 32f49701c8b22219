/** Where Pinterest's API is. Version 5 carries no end date. */
export const api = {
  baseUrl: 'https://api.pinterest.com',
  version: 'v5',
  sunset: null,
  docs: 'https://developers.pinterest.com/docs/api/v5/customer_lists-create',
}

/**
 * Pinterest publishes no number of records for a call: this is a modest one of our own. Should the platform take fewer, it
 * refuses the request and the framework halves the batch.
 */
export const limits = {
  rowsPerRequest: 5_000,
  bytesPerRequest: 4 * 1024 * 1024,
  requestsInFlight: 2,
  requestTimeoutMs: 60_000,
}

/** Calls a minute: of reading what Pinterest's page on rate limits says (per user and app), of writing a number of our own. */
export const CALLS_A_MINUTE = { read: 1_000, write: 300 }

/** Pinterest's own limit of a page. */
export const ITEMS_PER_PAGE = 250

/** Pinterest publishes no longest name: this is our own. */
export const LONGEST_NAME = 100
