import { z } from 'zod'
import type { Verdict } from '../../define.ts'
import { attempt, thrown } from '../calls.ts'
import type { KlaviyoConnection } from '../connection.ts'
import { meaningOf } from './error-table.ts'

/** Tries the key and its scope by an event that says nothing, which Klaviyo refuses for that alone when all else is well. */
export async function check(connection: KlaviyoConnection): Promise<Verdict> {
  const { accountId } = connection.settings
  const result = await attempt(connection, {
    method: 'POST',
    path: '/api/events',
    body: { data: { type: 'event', attributes: {} } },
    endpoint: 'event',
    reply: z.unknown(),
  })
  if (!('fault' in result) || result.fault.status === 400)
    return { ok: true, ...(accountId !== undefined && { account: accountId }), problems: [] }
  const { kind, what, whose, next } = meaningOf(result.fault)
  if (kind === 'retry' || kind === 'throttled') throw thrown(result.fault)
  return { ok: false, problems: [{ what, whose, next, code: result.fault.named }] }
}
