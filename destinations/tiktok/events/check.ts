import { z } from 'zod'
import type { Verdict } from '../../define.ts'
import { failureOf } from '../../meaning.ts'
import { attempt } from '../calls.ts'
import type { TikTokConnection } from '../connection.ts'
import { meaningOf, ROWS_SUSPECT } from './error-table.ts'
import { lacks } from './lacks.ts'

/** Tries the token and the event source by a request without any event, which TikTok refuses for that alone when all else is well. */
export async function check(connection: TikTokConnection): Promise<Verdict> {
  const missing = lacks(connection)
  if (missing) return { ok: false, problems: [{ ...missing, whose: 'you' }] }
  const { eventSourceId = '' } = connection.settings
  const result = await attempt(connection, {
    method: 'POST',
    path: '/event/track/',
    body: { event_source: 'web', event_source_id: eventSourceId, data: [] },
    reply: z.unknown(),
  })
  if (!('fault' in result) || ROWS_SUSPECT.has(result.fault.code ?? 0))
    return { ok: true, account: eventSourceId, problems: [] }
  const { kind, what, whose, next } = meaningOf(result.fault)
  const code = result.fault.named
  if (kind === 'retry' || kind === 'throttled') throw failureOf('TikTok', meaningOf(result.fault), { code })
  return { ok: false, problems: [{ what, whose, next, code }] }
}
