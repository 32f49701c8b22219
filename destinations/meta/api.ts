/** Where Meta's Graph API is and how long its version lives. A Marketing API version ends about 12 months after its release. */
export const api = {
  baseUrl: 'https://graph.facebook.com',
  version: 'v25.0',
  sunset: '2027-02-18',
  docs: 'https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences',
}

/** `bytesPerRequest` is our own cap: Meta names none, and 10,000 rows of all identifiers stay below it. */
export const limits = {
  rowsPerRequest: 10_000,
  bytesPerRequest: 16 * 1024 * 1024,
  requestsInFlight: 4,
  requestTimeoutMs: 60_000,
}

/** More lists a page make Meta answer "reduce the amount of data". */
export const LISTS_PER_PAGE = 20

/** Meta holds at most 500 customer-file lists in an ad account; other kinds of lists are paged through as well. */
export const MOST_PAGES = 100
