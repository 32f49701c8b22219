/** Where the Measurement Protocol takes events. */
export const api = {
  baseUrl: 'https://www.google-analytics.com',
  version: 'mp',
  sunset: null,
  docs: 'https://developers.google.com/analytics/devguides/collection/protocol/ga4',
}

export const EU_URL = 'https://region1.google-analytics.com'
/** Where audiences and dimensions of a property are made. */
export const ADMIN_URL = 'https://analyticsadmin.googleapis.com'

/** A request is of one person; so many persons are a batch. */
export const limits = {
  rowsPerRequest: 500,
  bytesPerRequest: 130_000,
  requestsInFlight: 2,
  requestTimeoutMs: 20_000,
  eventNameLength: 40,
}

/** Requests of one batch on their way at once. */
export const AT_ONCE = 20
export const MOST_PARAMETERS = 25
export const LONGEST_PARAMETER = 40
export const LONGEST_VALUE = 100
export const LONGEST_USER_PROPERTY = 24
