import { z } from 'zod'
import { accessToken, forgetToken, type Granted } from '../access-token.ts'
import { requestJson } from '../http.ts'
import { failureOf, notJson, unreadable } from '../meaning.ts'
import type { PinterestConnection } from './connection.ts'
import { meaningOf, REFRESH_REFUSED } from './error-table.ts'

const granted = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive(),
  scope: z.string().optional().catch(undefined),
})

const ownerOf = ({ baseUrl, credentials: { clientId = '', refreshToken = '' } }: PinterestConnection) => [
  'pinterest',
  baseUrl,
  clientId,
  refreshToken,
]

/** The token to send: the one that was given, or one that the refresh token brings, kept until shortly before it ends. */
export async function tokenOf(connection: PinterestConnection): Promise<string> {
  const { refreshToken, accessToken: given } = connection.credentials
  if (refreshToken !== undefined) return accessToken(ownerOf(connection), () => refresh(connection))
  return given ?? ''
}

/** True where another token can be had, because the one that was refused came from a refresh token. */
export function dropToken(connection: PinterestConnection): boolean {
  if (connection.credentials.refreshToken === undefined) return false
  forgetToken(ownerOf(connection))
  return true
}

/** A new access token and the scopes that Pinterest says it has; undefined where it says none. */
export async function refresh(
  connection: PinterestConnection,
): Promise<Granted & { readonly scopes: readonly string[] | undefined }> {
  const { clientId = '', clientSecret = '', refreshToken = '' } = connection.credentials
  const answer = await requestJson({
    method: 'POST',
    url: `${connection.baseUrl}/v5/oauth/token`,
    headers: {
      authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: Buffer.from(new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken }).toString()),
    signal: connection.signal,
    timeoutMs: connection.timeoutMs,
  })
  const code = `token http ${answer.status}`
  if (answer.status === 400 || answer.status === 401 || answer.status === 403)
    throw failureOf('Pinterest', REFRESH_REFUSED, { code })
  if (answer.status >= 300) throw failureOf('Pinterest', meaningOf(answer.status, undefined, 'account'), { code })
  if (answer.json === undefined) throw failureOf('Pinterest', notJson('Pinterest'), { code })
  const parsed = granted.safeParse(answer.json)
  if (!parsed.success) throw failureOf('Pinterest', unreadable('Pinterest'), { code: 'unreadable-token' })
  const { access_token, expires_in, scope } = parsed.data
  return { token: access_token, livesMs: expires_in * 1_000, scopes: scope?.split(/[\s,]+/).filter(Boolean) }
}
