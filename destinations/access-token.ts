import { hash } from 'node:crypto'

/** A token of an OAuth server, and how long it may be used from now, in milliseconds. */
export type Granted = { readonly token: string; readonly livesMs: number }

/** A token is fetched anew this long before it ends, so that none ends on its way. */
const earlyMs = 60_000

type Kept = { readonly granted: Promise<Granted>; endsAt: number }

const kept = new Map<string, Kept>()

/**
 * The access token of an account, fetched once and used until shortly before its end; calls at the same moment share one
 * fetch. `owner` is what the token follows from (credentials, token server): it is kept as a hash only.
 */
export async function accessToken(owner: readonly string[], fetch: () => Promise<Granted>): Promise<string> {
  const key = keyOf(owner)
  const now = Date.now()
  const known = kept.get(key)
  if (known && known.endsAt - earlyMs > now) return (await known.granted).token
  for (const [other, { endsAt }] of kept) if (endsAt <= now) kept.delete(other)
  const entry: Kept = { granted: fetch(), endsAt: Number.POSITIVE_INFINITY }
  kept.set(key, entry)
  try {
    const { token, livesMs } = await entry.granted
    entry.endsAt = now + livesMs
    return token
  } catch (error) {
    if (kept.get(key) === entry) kept.delete(key)
    throw error
  }
}

/** Forgets a token that the platform refused before its time, so that the next call fetches another. */
export function forgetToken(owner: readonly string[]): void {
  kept.delete(keyOf(owner))
}

const keyOf = (owner: readonly string[]) => hash('sha256', JSON.stringify(owner))
