import { type ClientRequestOptions, hc } from 'hono/client'
import type { AppType } from './app.ts'

/**
 * A typed client of the API: `createClient('http://127.0.0.1:3000', key).v1.audiences.$get({ query: {} })`. Answers that
 * are no success carry a problem document; check `ok` before reading one. Without a key the browser's session is used.
 */
export const createClient = (baseUrl: string, apiKey?: string, options: Pick<ClientRequestOptions, 'fetch'> = {}) =>
  hc<AppType>(baseUrl, { ...options, ...(apiKey && { headers: { authorization: `Bearer ${apiKey}` } }) })

export type Client = ReturnType<typeof createClient>
