import { randomUUID } from 'node:crypto'
import type { Answer } from '../platform.ts'

/** Where the fault lies: in the body or in a query parameter or header. */
export type Source = { pointer: string } | { parameter: string }

export interface ErrorItem {
  code: string
  title: string
  detail: string
  source: Source
  meta?: Record<string, unknown>
}

/** A refusal in Klaviyo's words; it becomes the error envelope in one place. */
export class ApiError extends Error {
  readonly status: number
  readonly items: readonly ErrorItem[]
  readonly headers: Record<string, string>
  constructor(status: number, items: readonly ErrorItem[], headers: Record<string, string> = {}) {
    super(items.map(({ detail }) => detail).join(' '))
    this.status = status
    this.items = items
    this.headers = headers
  }
}

export const JSON_API = 'application/vnd.api+json'

export function errorAnswer({ status, items, headers }: ApiError, as: number = status): Answer {
  return {
    status: as,
    headers: { 'content-type': JSON_API, ...headers },
    body: {
      errors: items.map(({ meta, ...item }) => ({
        id: randomUUID(),
        status: as,
        ...item,
        links: {},
        meta: meta ?? {},
      })),
    },
  }
}

const DATA = { pointer: '/data/' }

const one = (status: number, code: string, title: string, detail: string, source: Source = DATA) =>
  new ApiError(status, [{ code, title, detail, source }])

/** Every refusal, by what is wrong. The codes of 401, 403, 404, 405, 410, 413 and 415 are UNVERIFIED: the sandbox chose. */
export const refuse = {
  invalid: (detail: string, pointer: string) => one(400, 'invalid', 'Invalid input.', detail, { pointer }),
  invalids: (faults: readonly { detail: string; pointer: string }[]) =>
    new ApiError(
      400,
      faults.map(({ detail, pointer }) => ({ code: 'invalid', title: 'Invalid input.', detail, source: { pointer } })),
    ),
  parameter: (detail: string, parameter: string) => one(400, 'invalid', 'Invalid input.', detail, { parameter }),
  notJson: () => one(400, 'invalid', 'Invalid input.', 'The payload provided in the request is invalid JSON.'),
  unknownIds: (ids: readonly string[]) =>
    one(400, 'invalid', 'Invalid input.', `Invalid profile IDs: ${ids.join(', ')}`),
  noKey: () =>
    one(
      401,
      'not_authenticated',
      'Authentication credentials were not provided.',
      'Missing or malformed authorization header.',
    ),
  badKey: () =>
    one(401, 'authentication_failed', 'Incorrect authentication credentials.', 'The API key specified is invalid.'),
  scope: (scopes: readonly string[]) =>
    one(
      403,
      'permission_denied',
      'You do not have permission to perform this action.',
      `The API key is missing required scopes: ${scopes.join(', ')}.`,
    ),
  missing: (what: string, id: string) =>
    one(404, 'not_found', 'Not found.', `A ${what} with id ${id.slice(0, 80)} does not exist.`),
  path: () => one(404, 'not_found', 'Not found.', 'The requested endpoint could not be found.'),
  method: (method: string) =>
    one(405, 'method_not_allowed', 'Method not allowed.', `Method "${method.slice(0, 20)}" not allowed.`),
  duplicate: (id: string) =>
    new ApiError(409, [
      {
        code: 'duplicate_profile',
        title: 'Conflict.',
        detail: 'A profile already exists with one of these identifiers.',
        source: { pointer: '/data/attributes' },
        meta: { duplicate_profile_id: id },
      },
    ]),
  revisionGone: (revision: string) =>
    one(410, 'revision_retired', 'Gone.', `The revision ${revision} has been removed.`, { parameter: 'revision' }),
  tooLarge: (limit: string) =>
    one(413, 'payload_too_large', 'Payload too large.', `The maximum allowed payload size is ${limit}.`),
  mediaType: (detail: string) => one(415, 'unsupported_media_type', 'Unsupported media type.', detail),
  throttled: (seconds: number) =>
    new ApiError(
      429,
      [
        {
          code: 'throttled',
          title: 'Request was throttled.',
          detail: `Request was throttled. Expected available in ${seconds} second${seconds === 1 ? '' : 's'}.`,
          source: { pointer: '/data/' },
        },
      ],
      { 'retry-after': String(seconds) },
    ),
  server: (status: number) => one(status, 'server_error', 'Server error.', 'A server error occurred.'),
}
