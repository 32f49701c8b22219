import { accessState, refreshAccess } from '../oauth-tokens.ts'
import type { Answer, Arrival, Refusal, RefusalDetails } from '../platform.ts'
import { lifetimes } from './accounts.ts'
import type { Account, LinkedInState } from './state.ts'

const INVALID_GRANT = 'The provided authorization grant or refresh token is invalid, expired or revoked'

/** The two calls of LinkedIn's authorisation server, which takes forms and has an error body of its own. */
export const oauthOperations = {
  '/oauth/v2/accessToken': { name: 'refresh_token', run: refreshToken },
  '/oauth/v2/introspectToken': { name: 'introspect_token', run: introspectToken },
} satisfies Record<string, { name: string; run: (state: LinkedInState, form: URLSearchParams) => Answer }>

export function runOauth(state: LinkedInState, { path, method, headers, body }: Arrival): Answer {
  const operations: Record<string, { run: typeof refreshToken }> = oauthOperations
  const operation = Object.hasOwn(operations, path) ? operations[path] : undefined
  if (operation === undefined) return { status: 404 }
  if (method !== 'POST') return oauthError(405, 'invalid_request', 'The method is not allowed.')
  if (!(headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded'))
    return oauthError(400, 'invalid_request', 'The content type must be application/x-www-form-urlencoded.')
  return operation.run(state, new URLSearchParams(body.toString('utf8')))
}

function refreshToken(state: LinkedInState, form: URLSearchParams): Answer {
  const grant = form.get('grant_type')
  if (grant === null || grant === '')
    return oauthError(400, 'invalid_request', 'A required parameter "grant_type" is missing')
  if (grant !== 'refresh_token')
    return oauthError(400, 'unsupported_grant_type', 'The sandbox serves the grant refresh_token.')
  for (const name of ['refresh_token', 'client_id', 'client_secret'])
    if (!form.get(name)) return oauthError(400, 'invalid_request', `A required parameter "${name}" is missing`)
  const clients = clientsOf(state, form)
  if (clients.length === 0) return oauthError(401, 'invalid_client', 'Client authentication failed')
  const now = state.clock.now()
  const accounts = clients.filter(({ tokens }) => tokens.refresh === form.get('refresh_token'))
  const granted = refreshAccess(
    accounts.map(({ tokens }) => tokens),
    'AQ',
    lifetimes,
    now,
  )
  if (granted === undefined) return oauthError(400, 'invalid_grant', INVALID_GRANT)
  return {
    status: 200,
    body: {
      access_token: granted.accessToken,
      expires_in: seconds(granted.expiresInMs),
      refresh_token: form.get('refresh_token'),
      refresh_token_expires_in: seconds(granted.refreshExpiresInMs),
      scope: accounts[0]?.scopes.join(','),
    },
  }
}

function introspectToken(state: LinkedInState, form: URLSearchParams): Answer {
  const clients = clientsOf(state, form)
  if (clients.length === 0) return oauthError(401, 'invalid_client', 'Client authentication failed')
  const token = form.get('token') ?? ''
  const now = state.clock.now()
  const account = clients.find(({ tokens }) => accessState(tokens, token, now) !== undefined)
  const status = account && accessState(account.tokens, token, now)
  if (account === undefined || status === undefined) return { status: 200, body: { active: false, status: 'revoked' } }
  return {
    status: 200,
    body: {
      active: status === 'valid',
      status: status === 'valid' ? 'active' : 'expired',
      client_id: account.tokens.clientId,
      authorized_at: seconds(account.createdAt),
      created_at: seconds(account.createdAt),
      expires_at: seconds(account.tokens.access[token] ?? 0),
      scope: account.scopes.join(','),
      auth_type: '3L',
    },
  }
}

/** The accounts whose app proves itself. */
function clientsOf({ accounts }: LinkedInState, form: URLSearchParams): Account[] {
  return [...accounts.values()].filter(
    ({ tokens }) => tokens.clientId === form.get('client_id') && tokens.clientSecret === form.get('client_secret'),
  )
}

const seconds = (ms: number) => Math.floor(ms / 1_000)

export function oauthError(status: number, error: string, description: string): Answer {
  return { status, body: { error, error_description: description } }
}

/** What a fault makes the authorisation server answer. */
export function refuseOauth(refusal: Refusal, { status, reason }: RefusalDetails): Answer {
  const answers: Partial<Record<Refusal, [number, string, string]>> = {
    throttled: [429, 'throttled', 'Too many requests'],
    server_error: [500, 'server_error', 'Internal Server Error'],
    expired_token: [400, 'invalid_grant', INVALID_GRANT],
    permission: [401, 'invalid_client', 'Client authentication failed'],
  }
  const [usual, error, description] = answers[refusal] ?? [400, 'invalid_request', 'Invalid request']
  return oauthError(status ?? usual, reason ?? error, description)
}
