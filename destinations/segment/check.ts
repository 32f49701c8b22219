import type { Verdict } from '../define.ts'
import { failureOf } from '../meaning.ts'
import { attempt } from './calls.ts'
import { account, type SegmentConnection } from './connection.ts'

/** Sends a batch of no events, as nothing can be asked: it shows whether the endpoint is there, not always whether the key is right. */
export async function check(connection: SegmentConnection): Promise<Verdict> {
  const fault = await attempt(connection, Buffer.from(JSON.stringify({ batch: [], sentAt: new Date().toISOString() })))
  // what is wrong with an empty batch is that it is empty
  if (!fault || fault.status === 400) return { ok: true, account: account(connection), problems: [] }
  const { meaning, status } = fault
  const code = `http ${status}`
  if (meaning.kind === 'retry' || meaning.kind === 'throttled')
    throw failureOf('Segment API', meaning, { code, retryAfterMs: fault.retryAfterMs })
  return { ok: false, problems: [{ what: meaning.what, whose: meaning.whose, next: meaning.next, code }] }
}
