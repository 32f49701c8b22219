import { randomBytes } from 'node:crypto'

/** What an authorisation of a member gave out. Times are those of the platform's clock, in milliseconds. */
export interface Tokens {
  clientId: string
  clientSecret: string
  /** Access token → when it expires. */
  access: Record<string, number>
  refresh: string
  refreshExpiresAt: number
}

const REMEMBERED = 20

export interface Lifetimes {
  accessMs: number
  refreshMs: number
}

export const newToken = (prefix: string): string => prefix + randomBytes(48).toString('base64url')

export function newTokens(prefix: string, { accessMs, refreshMs }: Lifetimes, now: number): Tokens {
  return {
    clientId: randomBytes(7).toString('hex'),
    clientSecret: randomBytes(12).toString('base64url'),
    access: { [newToken(prefix)]: now + accessMs },
    refresh: newToken(prefix),
    refreshExpiresAt: now + refreshMs,
  }
}

/** How an access token stands; undefined when it was never given out here. */
export function accessState({ access }: Tokens, token: string, now: number): 'valid' | 'expired' | undefined {
  const expiresAt = Object.hasOwn(access, token) ? access[token] : undefined
  if (expiresAt === undefined) return undefined
  return expiresAt > now ? 'valid' : 'expired'
}

/** Every access token that was given out stops working; the refresh token still does. */
export function expireAccess(tokens: Tokens): void {
  for (const token of Object.keys(tokens.access)) tokens.access[token] = 0
}

export function reviveAccess(tokens: Tokens, expiresAt: number): void {
  for (const token of Object.keys(tokens.access)) tokens.access[token] = expiresAt
}

/**
 * Gives out a new access token for authorisations that share a refresh token. It never outlives that, whose own end does
 * not move; older access tokens stay as they are. Undefined when the refresh token has expired or there is none.
 */
export function refreshAccess(
  authorisations: Tokens[],
  prefix: string,
  { accessMs }: Lifetimes,
  now: number,
): { accessToken: string; expiresInMs: number; refreshExpiresInMs: number } | undefined {
  const refreshExpiresAt = Math.min(...authorisations.map((tokens) => tokens.refreshExpiresAt))
  if (authorisations.length === 0 || refreshExpiresAt <= now) return undefined
  const accessToken = newToken(prefix)
  const expiresAt = Math.min(now + accessMs, refreshExpiresAt)
  for (const tokens of authorisations) {
    // Expired ones are kept too, so that they are told from ones that never were.
    const remembered = Object.entries(tokens.access).slice(-REMEMBERED)
    tokens.access = { ...Object.fromEntries(remembered), [accessToken]: expiresAt }
  }
  return { accessToken, expiresInMs: expiresAt - now, refreshExpiresInMs: refreshExpiresAt - now }
}

export interface KnownCredentials {
  client_id?: string | null | undefined
  client_secret?: string | null | undefined
  access_token?: string | null | undefined
  refresh_token?: string | null | undefined
}

/**
 * Takes credentials that an earlier life of the sandbox gave out. The same ones change nothing, also not an expiry; other
 * ones are a new authorisation, with its full lifetime.
 */
export function takeCredentials(tokens: Tokens, known: KnownCredentials, lifetimes: Lifetimes, now: number): void {
  tokens.clientId = known.client_id ?? tokens.clientId
  tokens.clientSecret = known.client_secret ?? tokens.clientSecret
  if (known.refresh_token && known.refresh_token !== tokens.refresh) {
    tokens.refresh = known.refresh_token
    tokens.refreshExpiresAt = now + lifetimes.refreshMs
    tokens.access = {}
  }
  if (known.access_token && !Object.hasOwn(tokens.access, known.access_token))
    tokens.access = { ...tokens.access, [known.access_token]: now + lifetimes.accessMs }
}

/** Credentials as the account is given out: the newest access token, and what it is refreshed with. */
export function credentialsOf(tokens: Tokens): Record<string, string> {
  return {
    client_id: tokens.clientId,
    client_secret: tokens.clientSecret,
    access_token: Object.keys(tokens.access).at(-1) ?? '',
    refresh_token: tokens.refresh,
  }
}
