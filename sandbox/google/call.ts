import { gunzipSync } from 'node:zlib'
import type { Answer, Arrival, Call, Disturbance, Refusal, RefusalDetails } from '../platform.ts'
import type { Operation } from './operations.ts'
import { findOperation, operations } from './operations.ts'
import { countCall, orderedQuota, projectOf } from './quota.ts'
import type { AccessToken, Account, GoogleState } from './state.ts'
import type { Status, StatusParts, Violation } from './status-error.ts'
import { errorAnswer, httpStatus, refuse, StatusError } from './status-error.ts'
import { DATA_MANAGER_SCOPE, issueToken, OAuthError, TOKEN_PATH } from './token-endpoint.ts'

export function openCall(state: GoogleState, arrival: Arrival): Call {
  if (arrival.path === TOKEN_PATH) return openTokenCall(state, arrival)
  const found = findOperation(arrival.method, safely(arrival.path))
  const operation: Operation | undefined = found && operations[found.name]
  return {
    operation: found?.name ?? 'unknown',
    perform: (disturbance) =>
      answering(() => perform(state, arrival, { operation, parts: found?.parts ?? [], disturbance })),
    refuse: (refusal, details) => refuseCall(state, arrival, operation, refusal, details),
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
    if (error instanceof StatusError) return errorAnswer(error.parts)
    if (error instanceof OAuthError) return error.answer
    throw error
  }
}

interface Asked {
  operation: Operation | undefined
  parts: string[]
  disturbance: Disturbance
}

function perform(state: GoogleState, arrival: Arrival, { operation, parts, disturbance }: Asked): Answer {
  if (operation === undefined) throw refuse.method()
  const { caller, token } = authenticate(state, arrival)
  if (!caller.apiEnabled) throw refuse.apiDisabled(projectOf(caller))
  if (!token.scopes.includes(DATA_MANAGER_SCOPE)) throw refuse.scope()
  countCall(state, caller, operation.quota)
  const outcome = operation.run({
    state,
    caller,
    parts,
    query: arrival.query,
    loginAccount: header(arrival, 'login-account'),
    linkedAccount: header(arrival, 'linked-account'),
    body: readJson(arrival),
    disturbance,
  })
  return { status: 200, ...outcome }
}

function authenticate(state: GoogleState, arrival: Arrival): { caller: Account; token: AccessToken } {
  const given = /^Bearer\s+(.+)$/i.exec(arrival.headers.authorization ?? '')?.[1]?.trim()
  if (given === undefined) throw refuse.noToken()
  const token = state.tokens.get(given)
  const caller = token && state.accounts.get(token.accountId)
  if (token === undefined || caller === undefined) throw refuse.badToken('ACCESS_TOKEN_TYPE_UNSUPPORTED')
  if (token.expiresAt <= state.clock.now()) throw refuse.badToken('ACCESS_TOKEN_EXPIRED')
  return { caller, token }
}

function header({ headers }: Arrival, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

function readJson({ headers, body }: Arrival): unknown {
  if (body.length === 0) return undefined
  try {
    const plain = headers['content-encoding'] === 'gzip' ? gunzipSync(body, { maxOutputLength: 100_000_000 }) : body
    return JSON.parse(plain.toString('utf8'))
  } catch {
    throw refuse.notJson()
  }
}

/** How many rows an ordered refusal names, unless it says. */
const NAMED_ROWS = 1

/** What a fault answers; `reason` may be a canonical code, which brings its HTTP status, or a name of ErrorReason. */
function refuseCall(
  state: GoogleState,
  arrival: Arrival,
  operation: Operation | undefined,
  refusal: Refusal,
  { status, reason, count }: RefusalDetails,
): Answer {
  const answers: Record<Refusal, () => StatusError> = {
    throttled: () => refuse.quota(orderedQuota(callerOf(state, arrival), operation?.quota ?? 'other')),
    server_error: () => refuse.service(serverStatus(status)),
    expired_token: () => refuse.badToken('ACCESS_TOKEN_EXPIRED'),
    permission: refuse.permission,
    list_deleted: () => deletedList(operation),
    list_flagged: () => atList(operation, 'SENSITIVE_USER_LIST_IMMUTABLE'),
    bad_request: () => badRequest(operation, status, reason, count),
  }
  const { parts } = answers[refusal]()
  return errorAnswer(named(parts, refusal, reason), status ?? httpStatus[parts.status])
}

/** A reason that was ordered beside a refusal other than a bad request takes the place of its own. */
function named(parts: StatusParts, refusal: Refusal, reason: string | undefined): StatusParts {
  return reason === undefined || refusal === 'bad_request' ? parts : { ...parts, reason }
}

function serverStatus(status: number | undefined): 'INTERNAL' | 'UNAVAILABLE' | 'DEADLINE_EXCEEDED' {
  return status === 503 ? 'UNAVAILABLE' : status === 504 ? 'DEADLINE_EXCEEDED' : 'INTERNAL'
}

function deletedList(operation: Operation | undefined): StatusError {
  return operation?.quota === 'other' ? refuse.missing() : atList(operation, 'INVALID_USER_LIST_ID')
}

function atList(operation: Operation | undefined, reason: string): StatusError {
  if (operation?.rows === 'events')
    return refuse.violation(
      'destinations[0].product_destination_id',
      'INVALID_DESTINATION',
      'This Destination is not valid.',
    )
  const field = operation?.quota === 'other' ? 'user_list' : 'destinations[0].product_destination_id'
  return refuse.violation(field, reason, 'User list is not valid.')
}

/** By a canonical code, by its HTTP status alone, or by a reason that names so many rows from the first. */
function badRequest(
  operation: Operation | undefined,
  status: number | undefined,
  reason = '',
  count = NAMED_ROWS,
): StatusError {
  const code = isStatus(reason) ? reason : byHttp[status ?? 400]
  if (code === undefined || code === 'INVALID_ARGUMENT')
    return refuse.violations(violationsOf(operation, reason, count))
  return new StatusError({ status: code, message: 'The request was refused by order of a fault.', reason: code })
}

const byHttp: Record<number, Status> = { 404: 'NOT_FOUND', 409: 'ABORTED', 403: 'PERMISSION_DENIED' }

function isStatus(name: string): name is Status {
  return Object.hasOwn(httpStatus, name)
}

const rowsAtFault = {
  members: {
    field: 'audience_members',
    most: 10_000,
    reason: 'INVALID_AUDIENCE_MEMBER',
    description: 'This audience member is not valid.',
  },
  events: { field: 'events', most: 2_000, reason: 'INVALID_EVENT', description: 'This event is not valid.' },
}

function violationsOf(operation: Operation | undefined, reason: string, count: number): Violation[] {
  const rows = rowsAtFault[operation?.rows ?? 'members']
  const given = reason === '' || isStatus(reason) ? rows.reason : reason
  return Array.from({ length: Math.min(count, rows.most) }, (_, index) => ({
    field: `${rows.field}[${index}]`,
    description: rows.description,
    reason: given,
  }))
}

function callerOf(state: GoogleState, arrival: Arrival): Account | undefined {
  try {
    return authenticate(state, arrival).caller
  } catch (error) {
    if (error instanceof StatusError) return undefined
    throw error
  }
}

function openTokenCall(state: GoogleState, { method, headers, body }: Arrival): Call {
  return {
    operation: 'issue_token',
    perform: () =>
      answering(() => {
        if (method !== 'POST') throw refuse.method()
        return issueToken(state, readForm(headers['content-type'], body))
      }),
    refuse: (refusal, details) => refuseToken(refusal, details),
  }
}

/** A form, or a JSON object of strings: both are taken. */
function readForm(contentType: string | undefined, body: Buffer): URLSearchParams {
  const text = body.toString('utf8')
  if (!contentType?.startsWith('application/json')) return new URLSearchParams(text)
  try {
    const parsed: unknown = JSON.parse(text)
    const entries = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : []
    return new URLSearchParams(entries.map(([name, value]): [string, string] => [name, String(value)]))
  } catch {
    throw new OAuthError('invalid_request', 'The body is not JSON.')
  }
}

/** What a fault answers at the token endpoint. */
function refuseToken(refusal: Refusal, { status, reason }: RefusalDetails): Answer {
  const answers: Record<Refusal, [error: string, description: string, status: number]> = {
    throttled: ['rate_limit_exceeded', 'Rate Limit Exceeded', 429],
    server_error: ['internal_failure', 'Internal Error', 500],
    expired_token: ['invalid_grant', 'Token has been expired or revoked.', 400],
    permission: ['access_denied', 'Account restricted', 403],
    list_deleted: ['invalid_request', 'Bad Request', 400],
    list_flagged: ['invalid_request', 'Bad Request', 400],
    bad_request: ['invalid_request', 'Bad Request', 400],
  }
  const [error, description, usual] = answers[refusal]
  return new OAuthError(reason ?? error, description, status ?? usual).answer
}
