import { createHash } from 'node:crypto'
import type { Batch } from '../define.ts'

/**
 * The upload session of a batch: 1 to 2^52, the same for every repeat of it. Meta wants it unique in the ad account, and two
 * deployments (or one whose database was made anew) count their batches alike, so that the list and the members' keys, which
 * hang on a secret of the deployment, go in as well. Otherwise Meta would take a new batch for one it has had.
 */
export function sessionIdOf(batch: Batch): number {
  const { id, operation, listId, members } = batch
  // The smallest key, so that a repeat which reads its members in another order is still the same session.
  let key = members[0]?.key ?? ''
  for (const member of members) if (member.key < key) key = member.key
  const named = [id, operation, listId, members.length, key].join('\n')
  // 6.5 bytes: all numbers below 2^53 are exact in JSON.
  return Number(createHash('sha256').update(named).digest().readBigUInt64BE() >> 12n) + 1
}
