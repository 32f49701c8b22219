import type { SyncFacts } from '../db/queries/deliver.ts'
import { readBatchMembers } from '../db/queries/upload.ts'
import type { BatchMember, Destination, Members } from '../destinations/define.ts'
import { unpack, unpackRows } from '../identity/packed.ts'
import type { Context } from './context.ts'
import { readBinary } from './copy-binary.ts'

/** The members that carry a batch's id now, as the destination takes them. Header and rows come from one unpacking. */
export async function membersOf(
  context: Context,
  sync: SyncFacts,
  { identifiers: known }: Pick<Destination, 'identifiers'>,
  batchId: number,
): Promise<Members> {
  const keys: string[] = []
  const ids: (string | undefined)[] = []
  const packed: Buffer[] = []
  const sealed: (Buffer | null)[] = []
  for await (const chunk of readBinary(readBatchMembers(context.db.sql, sync.no, batchId))) {
    for (const row of chunk) {
      keys.push(row.uuid(0))
      packed.push(row.bytes(1))
      sealed.push(row.orNull(2))
      ids.push(row.orNull(3)?.toString('utf8'))
    }
  }
  const names = new Map(Object.entries(known).map(([name, { code }]) => [code, name]))
  const { identifiers, rows } = unpackRows(packed, names)
  const columnOf = new Map(identifiers.map((name, column) => [known[name]?.code, column]))
  const members = rows.map((values, at): BatchMember => {
    const plain = sealed[at]
    if (plain)
      for (const [code, value] of unpack(context.seal.openBytes(plain))) values[columnOf.get(code) ?? -1] = value
    const id = ids[at]
    return { key: keys[at] ?? '', values, ...(id !== undefined && { id }) }
  })
  return { identifiers, members }
}
