import { z } from 'zod'
import type { Verdict } from '../define.ts'
import { attempt, thrown } from './calls.ts'
import type { Endpoint, KlaviyoConnection } from './connection.ts'

const account = z.object({
  data: z
    .array(
      z.object({
        id: z.string(),
        attributes: z
          .object({ contact_information: z.object({ organization_name: z.string().optional() }).optional() })
          .catch({}),
      }),
    )
    .min(1),
})

/** Tries what a sync will need: the key, and its scopes for the account, lists, profiles and imports. */
export async function check(connection: KlaviyoConnection): Promise<Verdict> {
  const problems = new Map<string, Verdict['problems'][number]>()
  const probe = async (path: string, endpoint: Endpoint, scope: string, reply: z.ZodType = z.unknown()) => {
    const result = await attempt(connection, { method: 'GET', path, endpoint, reply })
    if (!('fault' in result)) return result.reply
    const { meaning, named: code } = result.fault
    if (meaning.kind === 'retry' || meaning.kind === 'throttled') throw thrown(result.fault)
    const what = code.startsWith('403') || code === 'http 403' ? `The API key lacks the scope ${scope}.` : meaning.what
    problems.set(what, { what, whose: meaning.whose, next: meaning.next, code })
    return undefined
  }
  const told = account.safeParse(await probe('/api/accounts', 'account', 'accounts:read', account)).data?.data[0]
  await probe('/api/lists', 'lists', 'lists:read')
  await probe('/api/profiles?page%5Bsize%5D=1', 'profiles', 'profiles:read')
  await probe('/api/profile-bulk-import-jobs', 'job', 'profiles:read')
  const name = told?.attributes.contact_information?.organization_name
  return {
    ok: problems.size === 0,
    ...(told && { account: name ? `${name} (${told.id})` : told.id }),
    problems: [...problems.values()],
  }
}
