import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { z } from 'zod'
import type { Answer } from '../platform.ts'
import type { Account, GoogleState } from './state.ts'

export const DATA_MANAGER_SCOPE = 'https://www.googleapis.com/auth/datamanager'
export const TOKEN_PATH = '/token'

/** How long an access token lives, on the platform's clock. */
const TOKEN_SECONDS = 3_599
const JWT_GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const REAL_TOKEN_URI = 'https://oauth2.googleapis.com/token'

/** A refusal of the token endpoint, which has an envelope of its own. */
export class OAuthError extends Error {
  readonly answer: Answer
  constructor(error: string, description: string, status = 400) {
    super(error)
    this.answer = { status, body: { error, error_description: description } }
  }
}

/** Answers a request for an access token: by a refresh token, or by an assertion that a service account has signed. */
export function issueToken(state: GoogleState, form: URLSearchParams): Answer {
  const grant = form.get('grant_type')
  if (grant === null || grant === '')
    throw new OAuthError('invalid_request', 'Required parameter is missing: grant_type')
  if (grant === 'refresh_token') return byRefreshToken(state, form)
  if (grant === JWT_GRANT) return byAssertion(state, form)
  throw new OAuthError('unsupported_grant_type', `Invalid grant_type: ${grant.slice(0, 80)}`)
}

function byRefreshToken(state: GoogleState, form: URLSearchParams): Answer {
  const clientId = form.get('client_id') ?? ''
  const clients = [...state.accounts.values()].filter((account) => account.clientId === clientId)
  const account = clients[0]
  if (clientId === '') throw new OAuthError('invalid_request', 'Could not determine client ID from request.')
  if (account === undefined) throw new OAuthError('invalid_client', 'The OAuth client was not found.', 401)
  if (form.get('client_secret') !== account.clientSecret) throw new OAuthError('invalid_client', 'Unauthorized', 401)
  const refreshToken = form.get('refresh_token') ?? ''
  if (refreshToken === '') throw new OAuthError('invalid_request', 'Missing required parameter: refresh_token')
  const opened = clients.filter((client) => client.refreshToken === refreshToken)
  if (opened[0] === undefined) throw new OAuthError('invalid_grant', 'Bad Request')
  if (opened.some(({ refreshTokenRevoked }) => refreshTokenRevoked))
    throw new OAuthError('invalid_grant', 'Token has been expired or revoked.')
  return answer(state, opened[0], opened[0].scopes)
}

const claimSet = z.looseObject({
  iss: z.string(),
  scope: z.string().optional(),
  aud: z.string(),
  iat: z.number(),
  exp: z.number(),
})

function byAssertion(state: GoogleState, form: URLSearchParams): Answer {
  const [head = '', body = '', signature = '', ...rest] = (form.get('assertion') ?? '').split('.')
  const header = z.looseObject({ alg: z.literal('RS256') }).safeParse(decode(head))
  const claims = claimSet.safeParse(decode(body))
  if (rest.length > 0 || !header.success || !claims.success)
    throw new OAuthError('invalid_grant', 'Invalid JWT: Failed audience check, or a claim is missing or malformed.')
  const { iss, scope = '', aud, iat, exp } = claims.data
  const account = [...state.accounts.values()].find(({ serviceAccount }) => serviceAccount.clientEmail === iss)
  if (account === undefined) throw new OAuthError('invalid_grant', 'Invalid grant: account not found')
  const key = createPublicKey(account.serviceAccount.privateKey)
  if (!verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')))
    throw new OAuthError('invalid_grant', 'Invalid JWT Signature.')
  if (aud !== REAL_TOKEN_URI && !aud.endsWith(TOKEN_PATH))
    throw new OAuthError(
      'invalid_grant',
      'Invalid JWT: Failed audience check. The right audience is the token_uri of the key.',
    )
  checkTimes(iat, exp)
  const scopes = scope.split(' ').filter((part) => part !== '')
  if (scopes.length === 0 || scopes.some((part) => !part.startsWith('https://www.googleapis.com/auth/')))
    throw new OAuthError('invalid_scope', 'Invalid OAuth scope or ID token audience provided.')
  return answer(state, account, scopes)
}

const LONGEST_ASSERTION_SECONDS = 3_600
const SKEW_SECONDS = 300

/** Held against real time, not the platform's clock: the one who signed cannot know how far that was turned. */
function checkTimes(iat: number, exp: number): void {
  const now = Date.now() / 1_000
  if (exp - iat <= LONGEST_ASSERTION_SECONDS && exp > iat && iat <= now + SKEW_SECONDS && exp > now - SKEW_SECONDS)
    return
  throw new OAuthError(
    'invalid_grant',
    'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
  )
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString())
  } catch {
    return undefined
  }
}

function answer(state: GoogleState, account: Account, scopes: string[]): Answer {
  const now = state.clock.now()
  for (const [token, { expiresAt }] of state.tokens) if (expiresAt <= now - 86_400_000) state.tokens.delete(token)
  const token = `ya29.${randomBytes(60).toString('base64url')}`
  state.tokens.set(token, { token, accountId: account.id, expiresAt: now + TOKEN_SECONDS * 1_000, scopes })
  return {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: { access_token: token, expires_in: TOKEN_SECONDS, scope: scopes.join(' '), token_type: 'Bearer' },
  }
}
