import { z } from 'zod'
import type { Verdict } from '../define.ts'
import { DestinationFailure } from '../failure.ts'
import { failureOf, type Meaning } from '../meaning.ts'
import { attempt } from './calls.ts'
import { type GoogleConnection, syncSettings } from './connection.ts'
import { NOT_ALLOWED, TERMS, TOKEN_REFUSED } from './error-table.ts'
import { lists } from './lists.ts'
import { membersBody } from './members-body.ts'

/**
 * Tries what a sync will need: a token, access to the account, and, where there is a list of contact data to try it on, the
 * terms, by a dry run with a hash of nobody.
 */
export async function check(connection: GoogleConnection): Promise<Verdict> {
  const account = connection.settings.accountId
  try {
    const { lists: some } = await lists(connection, { limit: 100 })
    const list = some.find(({ usable, accepts }) => usable && accepts?.includes('email'))
    const missing = list ? await dryRun(connection, list.id) : undefined
    return missing ? verdictOf(missing, undefined) : { ok: true, account, problems: [] }
  } catch (error) {
    if (!(error instanceof DestinationFailure) || error.kind === 'retry' || error.kind === 'throttled') throw error
    return {
      ok: false,
      problems: [
        {
          what: error.message,
          whose: TOKEN_REFUSED.whose,
          next: 'Do what the sentence says, then check the destination again.',
          ...(error.code !== undefined && { code: error.code }),
        },
      ],
    }
  }
}

/** Only what stands in the way of every list counts: this one may have troubles of its own. */
async function dryRun(connection: GoogleConnection, listId: string): Promise<Meaning | undefined> {
  const nobody = { key: '', values: ['0'.repeat(64)] }
  const body = membersBody(connection, {
    id: 0,
    operation: 'add',
    listId,
    identifiers: ['email'],
    members: [nobody],
    settings: syncSettings.parse({}),
    repeated: false,
    since: new Date(),
  })
  const result = await attempt(connection, {
    method: 'POST',
    path: 'audienceMembers:ingest',
    body: Buffer.concat([body.subarray(0, -1), Buffer.from(',"validateOnly":true}')]),
    counts: 'write',
    reply: z.unknown(),
  })
  if (!('fault' in result)) return undefined
  const { meaning, named } = result.fault
  if (meaning === TERMS || meaning === NOT_ALLOWED) return meaning
  if (meaning.kind === 'retry' || meaning.kind === 'throttled') throw failureOf('Google', meaning, { code: named })
  return meaning.kind === 'auth' ? meaning : undefined
}

const verdictOf = ({ what, whose, next }: Meaning, code: string | undefined): Verdict => ({
  ok: false,
  problems: [{ what, whose, next, ...(code !== undefined && { code }) }],
})
