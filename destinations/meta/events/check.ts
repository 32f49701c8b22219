import { z } from 'zod'
import type { Verdict } from '../../define.ts'
import { attempt } from '../calls.ts'
import type { MetaConnection } from '../connection.ts'
import { failureOf } from '../errors.ts'
import { lacks } from './lacks.ts'

/**
 * Tries what an event sync will need by a request without any event: Meta says first what is wrong with the token, the right
 * to the dataset or its id, and only then that nothing was sent. A test event would be counted like a real one.
 */
export async function check(connection: MetaConnection): Promise<Verdict> {
  const missing = lacks(connection)
  if (missing) return { ok: false, problems: [{ ...missing, whose: 'you' }] }
  const { datasetId = '' } = connection.settings
  const result = await attempt(connection, {
    method: 'POST',
    path: [datasetId, 'events'],
    body: { access_token: connection.credentials.accessToken, data: [] },
    subject: 'events',
    reply: z.unknown(),
  })
  if (!('fault' in result) || result.fault.rowsSuspect) return { ok: true, account: datasetId, problems: [] }
  const { kind, what, whose, next, code } = result.fault
  if (kind === 'retry' || kind === 'throttled') throw failureOf(result.fault, 'events')
  return { ok: false, problems: [{ what, whose, next, code }] }
}
