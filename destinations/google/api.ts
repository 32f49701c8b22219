/** Where Google's Data Manager API is. Version 1 has no end date. */
export const api = {
  baseUrl: 'https://datamanager.googleapis.com',
  version: 'v1',
  sunset: null,
  docs: 'https://developers.google.com/data-manager/api',
}

/** Where access tokens come from. A key file names it too, but only this one is ever asked with a real key. */
export const TOKEN_URI = 'https://oauth2.googleapis.com/token'
export const SCOPE = 'https://www.googleapis.com/auth/datamanager'

/** 10,000 members are said of adding; removals keep to it as well. */
export const limits = {
  rowsPerRequest: 10_000,
  bytesPerRequest: 16 * 1024 * 1024,
  requestsInFlight: 4,
  requestTimeoutMs: 60_000,
}

export const LISTS_PER_PAGE = 1_000
/** The longest that Google keeps a member who is not added again. */
export const MOST_DAYS = 540
