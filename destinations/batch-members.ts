import { unpackRows } from '../identity/packed.ts'
import type { BatchMember, Identifiers } from './define.ts'

type Values = BatchMember['values']

/** Its values are made when they are asked for and not kept: of ten thousand members they would all be in memory at once. */
class PackedMember implements BatchMember {
  readonly key: string
  readonly #row: number
  readonly #valuesOf: (row: number) => Values

  constructor(key: string, row: number, valuesOf: (row: number) => Values) {
    this.key = key
    this.#row = row
    this.#valuesOf = valuesOf
  }

  get values(): Values {
    return this.#valuesOf(this.#row)
  }
}

/**
 * The members of a batch from their keys and, in the same order, their packed identifiers. Quick to go through in order.
 * Throws when a row is damaged or holds a code that no identifier has.
 */
export function batchMembers(
  identifiers: Identifiers,
  keys: readonly string[],
  packed: readonly Buffer[],
): { identifiers: string[]; members: BatchMember[] } {
  const names = new Map(Object.entries(identifiers).map(([name, { code }]) => [code, name]))
  const unpacked = unpackRows(packed, names)
  return {
    identifiers: unpacked.identifiers,
    members: keys.map((key, row) => new PackedMember(key, row, unpacked.valuesOf)),
  }
}
