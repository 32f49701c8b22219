/** Where LinkedIn's Marketing API is. `version` goes out as the header LinkedIn-Version. */
export const api = {
  baseUrl: 'https://api.linkedin.com',
  version: '202604',
  sunset: sunsetOf('202604'),
  docs: 'https://learn.microsoft.com/en-us/linkedin/marketing/matched-audiences/matched-audiences',
}

/** Where access tokens come from, at the real LinkedIn. */
export const TOKEN_HOST = 'https://www.linkedin.com'

/** The day on which a version ends: those of autumn 2025 ended a year later, in the middle of the month. */
export function sunsetOf(version: string): string {
  return `${Number(version.slice(0, 4)) + 1}-${version.slice(4, 6)}-15`
}

export const limits = {
  rowsPerRequest: 5_000,
  bytesPerRequest: 4 * 1024 * 1024,
  requestsInFlight: 4,
  requestTimeoutMs: 60_000,
}

/** LinkedIn's page of segments that we ask for. */
export const LISTS_PER_PAGE = 100
