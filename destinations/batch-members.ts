import { unpack, unpackRows } from '../identity/packed.ts'
import type { BatchMember, Identifiers } from './define.ts'

type Values = BatchMember['values']

/** Its values are made when they are asked for and not kept: of ten thousand members they would all be in memory at once. */
class PackedMember implements BatchMember {
  readonly key: string
  readonly id: string | undefined
  readonly #row: number
  readonly #valuesOf: (row: number) => Values

  constructor(key: string, id: string | undefined, row: number, valuesOf: (row: number) => Values) {
    this.key = key
    this.id = id
    this.#row = row
    this.#valuesOf = valuesOf
  }

  get values(): Values {
    return this.#valuesOf(this.#row)
  }
}

/** What a batch's members have beside their packed identifiers, in the same order. */
export type Beside = {
  /** The platform's own ids. */
  readonly ids?: readonly (string | undefined)[]
  /** Opened: the values of sealed identifiers, which stand in the place of their hashes; undefined where there are none. */
  readonly plainOf?: (row: number) => Buffer | undefined
}

/**
 * The members of a batch from their keys and, in the same order, their packed identifiers: header and rows come from one
 * unpacking. Quick to go through in order. Throws when a row is damaged or holds a code that no identifier has.
 */
export function batchMembers(
  known: Identifiers,
  keys: readonly string[],
  packed: readonly Buffer[],
  { ids = [], plainOf }: Beside = {},
): { identifiers: string[]; members: BatchMember[] } {
  const names = new Map(Object.entries(known).map(([name, { code }]) => [code, name]))
  const { identifiers, valuesOf } = unpackRows(packed, names)
  const columnOf = new Map(identifiers.map((name, column) => [known[name]?.code, column]))
  const withPlain = (row: number): Values => {
    const values = valuesOf(row)
    const plain = plainOf?.(row)
    if (plain) for (const [code, value] of unpack(plain)) values[columnOf.get(code) ?? -1] = value
    return values
  }
  const values = plainOf ? withPlain : valuesOf
  return { identifiers, members: keys.map((key, row) => new PackedMember(key, ids[row], row, values)) }
}
