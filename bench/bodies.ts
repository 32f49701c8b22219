import { createHash } from 'node:crypto'
import { batchMembers } from '../destinations/batch-members.ts'
import type { Batch } from '../destinations/define.ts'
import { compileMapping } from '../destinations/mapping.ts'
import { identifiers } from '../destinations/meta/identifiers.ts'
import { sessionIdOf } from '../destinations/meta/session-id.ts'
import { usersBody } from '../destinations/meta/users-body.ts'
import { decodeRow } from '../sources/copy-text.ts'
import { fields, mapping } from './people.ts'

/** Rows of COPY text, the mapped fields in their order. */
export type Rows = readonly Buffer[]
type Way = (rows: Rows) => Buffer

export const country = 'US'
export const batchOf = (names: string[], members: Batch['members']): Batch => ({
  id: 1,
  operation: 'add',
  listId: '1',
  identifiers: names,
  members,
  settings: {},
  repeated: false,
  since: new Date(0),
})

/** The product's way: decoded, prepared and packed for the ledger, unpacked from it, and made a body. */
export function ourWay(): Way {
  const prepare = compileMapping({ identifiers, mapping, fields, country })
  return (rows) => {
    const packed: Buffer[] = []
    for (const row of rows) {
      const prepared = prepare(decodeRow(row))
      if ('packed' in prepared) packed.push(prepared.packed)
    }
    const sent = batchMembers(
      identifiers,
      packed.map(() => ''),
      packed,
    )
    return usersBody(batchOf(sent.identifiers, sent.members))
  }
}

/** The plain way: the same normalisers, `createHash` for each value, one `JSON.stringify` for the body. */
export function plainWay(): Way {
  const columns = Object.entries(identifiers)
    .flatMap(([name, identifier]) => {
      const field = Object.entries(mapping).find(([mapped]) => mapped === name)?.[1]
      return field === undefined ? [] : [{ name, identifier, at: fields.indexOf(field) }]
    })
    .sort((a, b) => a.identifier.code - b.identifier.code)
  const names = columns.map(({ name }) => name)
  return (rows) => {
    const data: string[][] = []
    for (const row of rows) {
      const values = row.toString('utf8').split('\t')
      const sent = columns.map(({ identifier, at }) => {
        const raw = values[at] ?? '\\N'
        const normalised = raw === '\\N' ? '' : identifier.normalise(raw, country)
        if (typeof normalised !== 'string' || normalised === '') return ''
        return createHash('sha256').update(normalised).digest('hex')
      })
      if (sent.some((value) => value !== '')) data.push(sent)
    }
    const session = {
      session_id: sessionIdOf(
        batchOf(
          names,
          data.map(() => ({ key: '', values: [] })),
        ),
      ),
      batch_seq: 1,
      last_batch_flag: true,
      estimated_num_total: data.length,
    }
    return Buffer.from(JSON.stringify({ session, payload: { schema: names, data } }))
  }
}

export type BodyRates = { readonly ours: number; readonly plain: number; readonly ratio: number }

/** Rows a second of both ways, A B A B over the same batches; throws unless their bytes are the same. */
export function compareBodies(batches: readonly Rows[]): BodyRates {
  const ours = ourWay()
  const plain = plainWay()
  for (const rows of batches) {
    if (!ours(rows).equals(plain(rows))) throw new Error('The two ways make different bodies of the same rows.')
  }
  let oursMs = 0
  let plainMs = 0
  let rows = 0
  for (const batch of batches) {
    rows += batch.length
    oursMs += timeOf(() => ours(batch))
    plainMs += timeOf(() => plain(batch))
  }
  return { ours: (rows / oursMs) * 1000, plain: (rows / plainMs) * 1000, ratio: plainMs / oursMs }
}

function timeOf(work: () => unknown): number {
  const began = performance.now()
  work()
  return performance.now() - began
}
