import type { SyncFacts } from '../db/queries/deliver.ts'
import { readBatchMembers } from '../db/queries/upload.ts'
import { batchMembers } from '../destinations/batch-members.ts'
import type { Identifiers } from '../destinations/define.ts'
import { withProperties } from '../destinations/properties.ts'
import type { Context } from './context.ts'
import { readBinary } from './copy-binary.ts'
import type { People } from './hand-over.ts'

/** The members that carry a batch's id now, as the destination takes them. */
export async function membersOf(
  context: Context,
  sync: SyncFacts,
  { identifiers }: { readonly identifiers: Identifiers },
  batchId: number,
): Promise<People> {
  const keys: string[] = []
  const ids: (string | undefined)[] = []
  const packed: Buffer[] = []
  const sealed: (Buffer | null)[] = []
  const times: (Date | null)[] = []
  for await (const chunk of readBinary(readBatchMembers(context.db.sql, sync.no, batchId))) {
    for (const row of chunk) {
      keys.push(row.uuid(0))
      packed.push(row.bytes(1))
      sealed.push(row.orNull(2))
      ids.push(row.orNull(3)?.toString('utf8'))
      times.push(row.time(4))
    }
  }
  const plainOf = (row: number) => {
    const plain = sealed[row]
    return plain ? context.seal.openBytes(plain) : undefined
  }
  const known = sync.mode === 'event' ? withProperties(identifiers) : identifiers
  const people = batchMembers(known, keys, packed, { ids, ...(sealed.some(Boolean) && { plainOf }) })
  return { ...people, times }
}
