import { z } from 'zod'
import type { Batch, Receipt } from '../define.ts'
import { attempt } from './calls.ts'
import type { MetaConnection } from './connection.ts'
import { failureOf } from './errors.ts'
import { listPath } from './list-path.ts'
import { sessionIdOf } from './session-id.ts'
import { usersBody } from './users-body.ts'

/** Reason under which the entries are counted that Meta could not read; it does not say whose they are. */
export const INVALID_ENTRY = 'Meta counted the entry as invalid and does not say which one'

// The samples of invalid entries are not even read: they quote what was sent.
const taken = z.object({
  num_received: z.coerce.number(),
  num_invalid_entries: z.coerce.number().catch(0),
})

/** Adds or removes the members of a batch in an upload session of its own; the session is the receipt's reference. */
export async function upload(connection: MetaConnection, batch: Batch): Promise<Receipt> {
  const reference = String(sessionIdOf(batch))
  const result = await attempt(connection, {
    method: batch.operation === 'add' ? 'POST' : 'DELETE',
    path: [...listPath(batch.listId), 'users'],
    body: usersBody(batch),
    subject: 'members',
    reply: taken,
  })
  if ('fault' in result) {
    // The session is ours alone and is finished by its first request: that one arrived, only its answer was lost.
    if (batch.repeated && result.fault.code === '2650/1870159') return { state: 'accepted', reference }
    throw failureOf(result.fault, 'members')
  }
  const { num_received: received, num_invalid_entries: refused } = result.reply
  // Counts add up over a session: more than was sent now are those of an earlier attempt too.
  const share = received > batch.members.length ? batch.members.length / received : 1
  const refusedNow = Math.ceil(refused * share)
  return {
    state: 'accepted',
    reference,
    received: Math.round(received * share),
    refused: refusedNow,
    ...(refusedNow > 0 && { reasons: { [INVALID_ENTRY]: refusedNow } }),
  }
}
