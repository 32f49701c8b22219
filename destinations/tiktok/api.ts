/** Where TikTok's Business API is. Its versions carry no end date. */
export const api = {
  baseUrl: 'https://business-api.tiktok.com',
  version: 'v1.3',
  sunset: null,
  docs: 'https://business-api.tiktok.com/portal/docs?id=1739940583739393',
}

/**
 * TikTok publishes no number of rows for the streaming endpoint; 10,000 is what connectors send. Should the platform take
 * fewer, it refuses the request and the framework halves the batch.
 */
export const limits = {
  rowsPerRequest: 10_000,
  bytesPerRequest: 16 * 1024 * 1024,
  requestsInFlight: 4,
  requestTimeoutMs: 60_000,
}

/** TikTok's own limit of a page of audiences. */
export const LISTS_PER_PAGE = 100

/** A list's name may have so many characters. */
export const LONGEST_NAME = 128
