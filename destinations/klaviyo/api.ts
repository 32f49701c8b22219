/** Where Klaviyo's API is. `version` goes out as the header `revision`; no end of it is announced. */
export const api = {
  baseUrl: 'https://a.klaviyo.com',
  version: '2026-07-15',
  sunset: null,
  docs: 'https://developers.klaviyo.com/en/reference/api_overview',
}

const MEBIBYTE = 1024 * 1024

/** An import takes 10,000 profiles in 5 MB, a removal 1,000 ids. */
export const limits = {
  rowsPerRequest: 10_000,
  rowsPerRemoval: 1_000,
  bytesPerRequest: 5 * MEBIBYTE,
  requestsInFlight: 2,
  requestTimeoutMs: 60_000,
}

/** Most profiles that one page of an answer, or one filter, may name. */
export const PROFILES_PER_PAGE = 100
/** Klaviyo's pages of lists are this small. */
export const LISTS_PER_PAGE = 10
export const LONGEST_NAME = 200
