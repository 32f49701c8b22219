import { z } from 'zod'
import type { Verdict } from '../define.ts'
import { DestinationFailure } from '../failure.ts'
import { failureOf, type Meaning } from '../meaning.ts'
import { attempt } from './calls.ts'
import { accountUrn, type LinkedInConnection } from './connection.ts'
import { REFRESH_REFUSED } from './error-table.ts'

/** Tries what a sync will need: a token, the program, a role in the ad account. */
export async function check(connection: LinkedInConnection): Promise<Verdict> {
  const account = connection.settings.accountId
  const query = new URLSearchParams({ q: 'account', account: accountUrn(connection), start: '0', count: '1' })
  try {
    const result = await attempt(connection, {
      method: 'GET',
      path: `/dmpSegments?${query}`,
      subject: 'account',
      reply: z.object({ elements: z.array(z.unknown()) }),
    })
    if (!('fault' in result)) return { ok: true, account, problems: [] }
    const { meaning, named } = result.fault
    if (meaning.kind === 'retry' || meaning.kind === 'throttled') throw failureOf('LinkedIn', meaning, { code: named })
    return verdictOf(meaning, named)
  } catch (error) {
    if (error instanceof DestinationFailure && error.kind === 'auth') return verdictOf(REFRESH_REFUSED, error.code)
    throw error
  }
}

const verdictOf = ({ what, whose, next }: Meaning, code: string | undefined): Verdict => ({
  ok: false,
  problems: [{ what, whose, next, ...(code !== undefined && { code }) }],
})
