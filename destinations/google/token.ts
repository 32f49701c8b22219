import { createSign } from 'node:crypto'
import { z } from 'zod'
import { accessToken, forgetToken, type Granted } from '../access-token.ts'
import { requestForm } from '../http.ts'
import { failureOf, unreadable } from '../meaning.ts'
import { SCOPE, TOKEN_URI } from './api.ts'
import { type GoogleConnection, keyOf } from './connection.ts'
import { meaningOfStatus, TOKEN_REFUSED } from './error-table.ts'

const granted = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive() })
const ASSERTION_SECONDS = 3_600

const tokenUriOf = ({ sandbox, credentials }: GoogleConnection) =>
  sandbox ? (credentials.tokenUri ?? TOKEN_URI) : TOKEN_URI

const ownerOf = (connection: GoogleConnection) => {
  const { clientId = '', refreshToken = '', serviceAccountKey = '' } = connection.credentials
  return ['google', tokenUriOf(connection), clientId, refreshToken, serviceAccountKey]
}

/** An access token for these credentials, kept until shortly before it ends. */
export const tokenOf = (connection: GoogleConnection): Promise<string> =>
  accessToken(ownerOf(connection), () => fetchToken(connection))

/** The token was refused before its time: the next call fetches another. */
export const dropToken = (connection: GoogleConnection): void => forgetToken(ownerOf(connection))

async function fetchToken(connection: GoogleConnection): Promise<Granted> {
  const answer = await requestForm({
    url: tokenUriOf(connection),
    form: grantOf(connection),
    signal: connection.signal,
    timeoutMs: connection.timeoutMs,
  })
  const code = `token ${answer.status}`
  if (answer.status === 400 || answer.status === 401 || answer.status === 403)
    throw failureOf('Google', TOKEN_REFUSED, { code })
  if (answer.status >= 300) throw failureOf('Google', meaningOfStatus(answer.status), { code })
  const parsed = granted.safeParse(answer.json)
  if (!parsed.success) throw failureOf('Google', unreadable('Google'), { code: 'unreadable-token' })
  return { token: parsed.data.access_token, livesMs: parsed.data.expires_in * 1_000 }
}

/** What is shown to the token server: a person's consent, or an assertion signed with the key of a service account. */
function grantOf(connection: GoogleConnection): Record<string, string> {
  const key = keyOf(connection)
  if (!key) {
    const { clientId = '', clientSecret = '', refreshToken = '' } = connection.credentials
    return {
      grant_type: 'refresh_token',
      client_id: clientId,
      client_secret: clientSecret,
      refresh_token: refreshToken,
    }
  }
  const now = Math.floor(Date.now() / 1_000)
  const header = { alg: 'RS256', typ: 'JWT', ...(key.private_key_id && { kid: key.private_key_id }) }
  const claims = {
    iss: key.client_email,
    scope: SCOPE,
    aud: tokenUriOf(connection),
    iat: now,
    exp: now + ASSERTION_SECONDS,
  }
  const text = `${base64url(header)}.${base64url(claims)}`
  return {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: `${text}.${signed(text, key.private_key)}`,
  }
}

function signed(text: string, privateKey: string): string {
  try {
    return createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')
  } catch {
    // the error quotes the key
    throw failureOf(
      'Google',
      { ...TOKEN_REFUSED, what: 'The private key of the service account cannot be read.' },
      { code: 'private-key' },
    )
  }
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
