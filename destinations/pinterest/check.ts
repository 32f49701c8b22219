import { z } from 'zod'
import type { Verdict } from '../define.ts'
import { DestinationFailure } from '../failure.ts'
import { failureOf, type Meaning } from '../meaning.ts'
import { attempt } from './calls.ts'
import type { PinterestConnection } from './connection.ts'
import { MAY_NOT_WRITE, REFRESH_REFUSED } from './error-table.ts'
import { refresh } from './token.ts'

/** Tries what a sync will need: a token, its scopes where Pinterest tells them, and the lists of the ad account. */
export async function check(connection: PinterestConnection): Promise<Verdict> {
  try {
    // what may be written shows beforehand only in the answer to a refresh
    const scopes = connection.credentials.refreshToken === undefined ? undefined : (await refresh(connection)).scopes
    if (scopes && !scopes.includes('ads:write')) return verdictOf(MAY_NOT_WRITE, 'scope')
  } catch (error) {
    if (error instanceof DestinationFailure && error.kind === 'auth') return verdictOf(REFRESH_REFUSED, error.code)
    throw error
  }
  const result = await attempt(connection, {
    method: 'GET',
    path: '/customer_lists',
    query: { page_size: '1' },
    subject: 'account',
    reply: z.object({ items: z.array(z.unknown()) }),
  })
  if (!('fault' in result)) return { ok: true, account: connection.settings.adAccountId, problems: [] }
  const { meaning, named } = result.fault
  if (meaning.kind === 'retry' || meaning.kind === 'throttled') throw failureOf('Pinterest', meaning, { code: named })
  return verdictOf(meaning, named)
}

const verdictOf = ({ what, whose, next }: Meaning, code: string | undefined): Verdict => ({
  ok: false,
  problems: [{ what, whose, next, ...(code !== undefined && { code }) }],
})
