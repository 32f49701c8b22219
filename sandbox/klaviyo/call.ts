import { gunzipSync } from 'node:zlib'
import type { Answer, Arrival, Call, Disturbance, Refusal, RefusalDetails } from '../platform.ts'
import { ApiError, errorAnswer, JSON_API, refuse } from './api-error.ts'
import type { Found, Operation } from './operations.ts'
import { findOperation } from './operations.ts'
import { countCall, tiers } from './rate-limit.ts'
import { checkRevision } from './revisions.ts'
import type { Account, KlaviyoState } from './state.ts'

export function openCall(state: KlaviyoState, arrival: Arrival): Call {
  const found = findOperation(arrival.method, safely(arrival.path))
  return {
    operation: found.name,
    perform: (disturbance) => answering(() => perform(state, arrival, found, disturbance)),
    refuse: (refusal, details) => refuseCall(state, arrival, found, refusal, details),
  }
}

function safely(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function answering(act: () => Answer): Answer {
  try {
    return act()
  } catch (error) {
    if (error instanceof ApiError) return errorAnswer(error)
    throw error
  }
}

function perform(state: KlaviyoState, arrival: Arrival, found: Found, disturbance: Disturbance): Answer {
  const account = authenticate(state, arrival)
  checkRevision(arrival.headers.revision)
  const { operation, id } = found
  if (operation === undefined) throw found.pathIsKnown ? refuse.method(arrival.method) : refuse.path()
  const lacking = operation.scopes.filter((scope) => !account.scopes.includes(scope))
  if (lacking.length > 0) throw refuse.scope(lacking)
  const headers = countCall(state, account, found.name, limitsOf(operation, arrival.query))
  const answer = answering(() => {
    refuseUnserved(arrival.query)
    const outcome = operation.run({
      state,
      account,
      id,
      query: arrival.query,
      body: readJson(arrival, operation),
      origin: arrival.origin,
      self: addressOf(arrival),
      disturbance,
    })
    return { headers: { 'content-type': JSON_API }, ...outcome }
  })
  return { ...answer, headers: { ...answer.headers, ...headers } }
}

/** The number of members of a list is dear. */
function limitsOf({ tier, perDay }: Operation, query: URLSearchParams): Pick<Operation, 'tier' | 'perDay'> {
  return query.get('additional-fields[list]')?.includes('profile_count')
    ? { tier: 'XS' }
    : { tier, ...(perDay ? { perDay } : {}) }
}

/** Better told than passed over. */
function refuseUnserved(query: URLSearchParams): void {
  for (const name of ['include', 'sort'])
    if (query.has(name)) throw refuse.parameter(`The sandbox does not serve '${name}'.`, name)
}

function authenticate(state: KlaviyoState, { headers }: Pick<Arrival, 'headers'>): Account {
  const key = /^Klaviyo-API-Key\s+(.+)$/i.exec(headers.authorization ?? '')?.[1]?.trim()
  if (key === undefined) throw refuse.noKey()
  const account = [...state.accounts.values()].find(({ privateKey }) => privateKey === key)
  if (account === undefined || account.keyRevoked) throw refuse.badKey()
  return account
}

function addressOf({ origin, path, query }: Arrival): string {
  return query.size > 0 ? `${origin}${path}?${query}` : `${origin}${path}`
}

const LARGEST_BODY = 5 * 1024 * 1024

function readJson({ headers, body }: Arrival, { method, largest }: Operation): unknown {
  if (body.length === 0 || method === 'GET') return undefined
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim()
  if (type !== JSON_API && type !== 'application/json')
    throw refuse.mediaType(`Unsupported media type "${type?.slice(0, 60)}" in request.`)
  const [bytes, words] = largest ?? [LARGEST_BODY, '5MB']
  const plain = unpack(headers['content-encoding'], body)
  if (plain.length > bytes) throw refuse.tooLarge(words)
  try {
    return JSON.parse(plain.toString('utf8'))
  } catch {
    throw refuse.notJson()
  }
}

/** The limit is of the body as it is unpacked. */
function unpack(encoding: string | undefined, body: Buffer): Buffer {
  if (encoding === undefined || encoding === 'identity') return body
  if (encoding !== 'gzip') throw refuse.mediaType(`Unsupported content encoding "${encoding.slice(0, 60)}".`)
  try {
    return gunzipSync(body, { maxOutputLength: 48 * 1024 * 1024 })
  } catch {
    throw refuse.mediaType('The body is not gzip, or is too large.')
  }
}

/** What a fault answers. `reason` takes the place of the code, `status` that of the status. */
function refuseCall(
  state: KlaviyoState,
  arrival: Arrival,
  found: Found,
  refusal: Refusal,
  details: RefusalDetails,
): Answer {
  const { regainMinutes, status, reason } = details
  const answers: Record<Refusal, () => ApiError> = {
    throttled: () => refuse.throttled(regainMinutes === undefined ? 1 : Math.max(Math.round(regainMinutes * 60), 1)),
    server_error: () => refuse.server(status ?? 500),
    expired_token: refuse.badKey,
    permission: () => refuse.scope(found.operation?.scopes ?? []),
    list_deleted: () => refuse.missing('list', found.id),
    // UNVERIFIED: no list of Klaviyo is known to be flagged.
    list_flagged: () => refuse.invalid('The list cannot be changed.', '/data'),
    bad_request: () => badRequest(arrival, found, details),
  }
  const error = answers[refusal]()
  const items = reason === undefined ? error.items : error.items.map((item) => ({ ...item, code: reason }))
  const answer = errorAnswer(new ApiError(error.status, items, error.headers), status)
  if (refusal === 'throttled') block(state, arrival, found, Number(error.headers['retry-after'] ?? 1))
  return refusal === 'throttled' ? answer : { ...answer, headers: { ...answer.headers, ...idleLimits(found) } }
}

/** A client that comes again before the time it was told is refused again. */
function block(state: KlaviyoState, arrival: Arrival, { name }: Found, seconds: number): void {
  try {
    authenticate(state, arrival).blockedUntil[name] = state.clock.now() + seconds * 1_000
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
  }
}

/** The limits stand on every answer that is not a 429. */
function idleLimits({ operation }: Found): Record<string, string> {
  const { steady } = tiers[operation?.tier ?? 'XS']
  return { 'ratelimit-limit': String(steady), 'ratelimit-remaining': String(steady - 1), 'ratelimit-reset': '60' }
}

const named: Record<number, (arrival: Arrival, found: Found) => ApiError> = {
  404: (_, { id }) => refuse.missing('list', id),
  405: ({ method }) => refuse.method(method),
  409: () => refuse.duplicate('01J0000000000000000000DUPE'),
  410: ({ headers }) => refuse.revisionGone(String(headers.revision)),
  413: () => refuse.tooLarge('5MB'),
  415: () => refuse.mediaType('Unsupported media type in request.'),
}

/** By its status, or a 400 that names so many rows from the first. */
function badRequest(arrival: Arrival, found: Found, { status, count = 1 }: RefusalDetails): ApiError {
  const by = status === undefined ? undefined : named[status]
  if (by) return by(arrival, found)
  const rows = found.operation?.rows
  if (rows === undefined) return refuse.invalid('The payload provided in the request is invalid.', '/data')
  if (rows === '/data') return refuse.unknownIds(idsOf(arrival).slice(0, count))
  return refuse.invalids(
    Array.from({ length: Math.min(count, 10_000) }, (_, index) => ({
      detail: 'Invalid email address.',
      pointer: `${rows}/${index}/attributes/email`,
    })),
  )
}

function idsOf({ body }: Arrival): string[] {
  return [...body.toString('utf8').matchAll(/"id"\s*:\s*"([^"]{1,80})"/g)].flatMap(([, id]) => id ?? [])
}
