/** Where Segment takes events. Other systems of the same API are named by the setting `endpoint`. */
export const api = {
  baseUrl: 'https://api.segment.io',
  version: 'v1',
  sunset: null,
  docs: 'https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/',
}

/** Segment's own limits, a kilobyte counted as 1,000 bytes: the stricter reading. */
export const limits = {
  rowsPerRequest: 2_500,
  bytesPerRequest: 500_000,
  requestsInFlight: 4,
  requestTimeoutMs: 15_000,
  eventNameLength: 200,
}

export const BYTES_PER_EVENT = 32_000

/** Of about 1,000 requests a second that Segment takes per workspace we use a tenth. */
export const REQUESTS_A_SECOND = 100
