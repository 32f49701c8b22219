import { refreshAccess } from '../oauth-tokens.ts'
import type { Answer, Arrival } from '../platform.ts'
import { lifetimes } from './accounts.ts'
import { refuse } from './api-error.ts'
import type { PinterestState } from './state.ts'

/** `POST /oauth/token`: a form, and the app's id and secret as Basic authentication. Throws ApiError. */
export function refreshToken(state: PinterestState, { headers, body }: Arrival): Answer {
  const form = new URLSearchParams(body.toString('utf8'))
  if (!(headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded'))
    throw refuse.parameter('The content type must be application/x-www-form-urlencoded.')
  if (form.get('grant_type') !== 'refresh_token') throw refuse.parameter('The sandbox serves the grant refresh_token.')
  const [, basic = ''] = /^Basic\s+(\S+)$/i.exec(headers.authorization ?? '') ?? []
  const [id = '', secret = ''] = Buffer.from(basic, 'base64').toString('utf8').split(':')
  const accounts = [...state.accounts.values()].filter(
    ({ tokens }) =>
      tokens.clientId === id && tokens.clientSecret === secret && tokens.refresh === form.get('refresh_token'),
  )
  const authorisations = accounts.map(({ tokens }) => tokens)
  const granted = refreshAccess(authorisations, 'pina_', lifetimes, state.clock.now())
  if (granted === undefined) throw refuse.token()
  return {
    status: 200,
    body: {
      response_type: 'refresh_token',
      access_token: granted.accessToken,
      token_type: 'bearer',
      expires_in: Math.floor(granted.expiresInMs / 1_000),
      scope: accounts[0]?.scopes.join(' '),
    },
  }
}
