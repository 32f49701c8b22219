import { z } from 'zod'
import { accessToken, forgetToken, type Granted } from '../access-token.ts'
import { requestForm } from '../http.ts'
import { failureOf, notJson, unreadable } from '../meaning.ts'
import { TOKEN_HOST } from './api.ts'
import type { LinkedInConnection } from './connection.ts'
import { meaningOf, REFRESH_REFUSED } from './error-table.ts'

const granted = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive() })

const ownerOf = ({ baseUrl, credentials: { clientId = '', refreshToken = '' } }: LinkedInConnection) => [
  'linkedin',
  baseUrl,
  clientId,
  refreshToken,
]

/** The token to send: the one that was given, or one that the refresh token brings, kept until shortly before it ends. */
export async function tokenOf(connection: LinkedInConnection): Promise<string> {
  const { refreshToken, accessToken: given } = connection.credentials
  if (refreshToken !== undefined) return accessToken(ownerOf(connection), () => refresh(connection))
  return given ?? ''
}

/** True where another token can be had, because the one that was refused came from a refresh token. */
export function dropToken(connection: LinkedInConnection): boolean {
  if (connection.credentials.refreshToken === undefined) return false
  forgetToken(ownerOf(connection))
  return true
}

async function refresh(connection: LinkedInConnection): Promise<Granted> {
  const { clientId = '', clientSecret = '', refreshToken = '' } = connection.credentials
  const answer = await requestForm({
    url: `${connection.sandbox ? connection.baseUrl : TOKEN_HOST}/oauth/v2/accessToken`,
    form: {
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      client_id: clientId,
      client_secret: clientSecret,
    },
    signal: connection.signal,
    timeoutMs: connection.timeoutMs,
  })
  const code = `http ${answer.status}`
  if (answer.status === 400 || answer.status === 401) throw failureOf('LinkedIn', REFRESH_REFUSED, { code })
  if (answer.status >= 300) throw failureOf('LinkedIn', meaningOf(answer.status, undefined, 'account'), { code })
  if (answer.json === undefined) throw failureOf('LinkedIn', notJson('LinkedIn'), { code })
  const parsed = granted.safeParse(answer.json)
  if (!parsed.success) throw failureOf('LinkedIn', unreadable('LinkedIn'), { code: 'unreadable-reply' })
  return { token: parsed.data.access_token, livesMs: parsed.data.expires_in * 1_000 }
}
