import { digestOfHex, isSha256, sha256 } from './hash.ts'

/**
 * Identifiers as sent, packed for the ledger. Per value: a byte of code, a byte of kind, then for DIGEST 32 bytes that
 * are 64 hex digits, for TEXT two bytes of length (big endian) and so many bytes of UTF-8.
 */
const DIGEST = 0
const TEXT = 1
const DIGEST_BYTES = 32
const DIGEST_CELL_BYTES = 34
const TEXT_HEAD_BYTES = 4
const MOST_TEXT_BYTES = 65_535

const SLAB_BYTES = 65_536

export type Packer = {
  /** Adds a value by its hash: 32 characters of one byte each. */
  readonly digest: (code: number, digest: string) => void
  /** Adds a value as sent. Throws a RangeError for one of more than 65,535 bytes. */
  readonly sent: (code: number, sent: string) => void
  /** The token of the value added last: see `strongToken`. */
  readonly token: () => bigint
  /** The values added since the last call, packed; the bytes are never written again. */
  readonly take: () => Buffer
}

/** Packs row after row into slabs, as a Buffer of its own for each row would cost more than its content. */
export function createPacker(): Packer {
  let slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
  let rowStart = 0
  let lastStart = 0
  let end = 0

  const reserve = (bytes: number): void => {
    if (end + bytes <= slab.length) return
    const next = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, end - rowStart + bytes))
    end = slab.copy(next, 0, rowStart, end)
    rowStart = 0
    slab = next
  }
  const begin = (code: number, kind: number): void => {
    lastStart = end
    slab[end] = code
    slab[end + 1] = kind
    end += 2
  }
  const digest = (code: number, bytes: string): void => {
    reserve(DIGEST_CELL_BYTES)
    begin(code, DIGEST)
    // A loop, as a call into native code costs more than 32 steps.
    for (let at = 0; at < DIGEST_BYTES; at++) slab[end + at] = bytes.charCodeAt(at)
    end += DIGEST_BYTES
  }
  const text = (code: number, value: string): void => {
    const bytes = Buffer.byteLength(value)
    if (bytes > MOST_TEXT_BYTES) throw new RangeError(`an identifier of ${bytes} bytes cannot be packed`)
    reserve(TEXT_HEAD_BYTES + bytes)
    begin(code, TEXT)
    end = slab.writeUInt16BE(bytes, end)
    end += slab.write(value, end)
  }

  return {
    digest,
    sent: (code, value) => (isSha256(value) ? digest(code, digestOfHex(value)) : text(code, value)),
    token: () => tokenOf(slab, lastStart, end),
    take: () => {
      const packed = slab.subarray(rowStart, end)
      rowStart = end
      return packed
    },
  }
}

/** Packs [code, value as sent] in the order given. */
export function pack(entries: readonly (readonly [code: number, sent: string])[]): Buffer {
  const packer = createPacker()
  for (const [code, sent] of entries) packer.sent(code, sent)
  return packer.take()
}

const endsEarly = () =>
  new Error('Packed identifiers end in the middle of a value: the row was damaged or is of another format.')

/** Where the cell that starts at `offset` ends. */
function endOfCell(packed: Buffer, offset: number): number {
  const kind = packed[offset + 1]
  const end =
    kind === DIGEST
      ? offset + DIGEST_CELL_BYTES
      : offset + TEXT_HEAD_BYTES + ((packed[offset + 2] ?? 0) << 8) + (packed[offset + 3] ?? 0)
  if ((kind !== DIGEST && kind !== TEXT) || end > packed.length) throw endsEarly()
  return end
}

/** The value of the cell between `offset` and `end`; `hex` is the whole buffer in hex, made once, as slices of it cost nothing. */
const cellValue = (packed: Buffer, hex: string, offset: number, end: number): string =>
  packed[offset + 1] === DIGEST
    ? hex.slice((offset + 2) * 2, end * 2)
    : packed.toString('utf8', offset + TEXT_HEAD_BYTES, end)

/** [code, value as sent] in the order packed. Throws when the buffer is damaged. */
export function unpack(packed: Buffer): [code: number, sent: string][] {
  const hex = packed.toString('hex')
  const entries: [number, string][] = []
  for (let offset = 0; offset < packed.length; ) {
    const end = endOfCell(packed, offset)
    entries.push([packed[offset] ?? 0, cellValue(packed, hex, offset, end)])
    offset = end
  }
  return entries
}

/** Which codes occur in any of the buffers, ascending. */
function codesIn(packed: readonly Buffer[]): number[] {
  const occurs = new Uint8Array(256)
  for (const row of packed)
    for (let offset = 0; offset < row.length; offset = endOfCell(row, offset)) occurs[row[offset] ?? 0] = 1
  return [...occurs.keys()].filter((code) => occurs[code])
}

/**
 * Rows as columns of a batch: the identifiers that occur, by ascending code, and each row's values in that order.
 * Throws when a buffer is damaged or holds a code without a name.
 */
export function unpackRows(
  packed: readonly Buffer[],
  names: ReadonlyMap<number, string>,
): { identifiers: string[]; rows: (string | undefined)[][] } {
  const codes = codesIn(packed)
  const identifiers = codes.map((code) => {
    const name = names.get(code)
    if (name === undefined)
      throw new Error(`Packed identifiers hold the code ${code}, which no identifier of this platform has.`)
    return name
  })
  const columnOf = new Uint8Array(256)
  for (const [column, code] of codes.entries()) columnOf[code] = column
  return { identifiers, rows: packed.map((row) => unpackRow(row, columnOf, codes.length)) }
}

function unpackRow(packed: Buffer, columnOf: Uint8Array, columns: number): (string | undefined)[] {
  const hex = packed.toString('hex')
  const values: (string | undefined)[] = []
  for (let column = 0; column < columns; column++) values.push(undefined)
  for (let offset = 0; offset < packed.length; ) {
    const end = endOfCell(packed, offset)
    values[columnOf[packed[offset] ?? 0] ?? 0] = cellValue(packed, hex, offset, end)
    offset = end
  }
  return values
}

const tokenBytes = new Uint8Array(8)
const tokenView = new BigInt64Array(tokenBytes.buffer)

/** Of the cell between `start` and `end`: the first 8 bytes of its digest, or of the hash of its text, marked with the code. */
function tokenOf(packed: Buffer, start: number, end: number): bigint {
  const isDigest = packed[start + 1] === DIGEST
  const digest = isDigest ? packed : sha256(packed.subarray(start + TEXT_HEAD_BYTES, end))
  const from = isDigest ? start + 2 : 0
  for (let at = 0; at < 8; at++) tokenBytes[at] = digest[from + at] ?? 0
  // Marked, so that the same hash given as an e-mail's and as a phone's is not one person.
  tokenBytes[7] = (tokenBytes[7] ?? 0) ^ (packed[start] ?? 0)
  return tokenView[0] ?? 0n
}

/** A signed 64-bit name of a strong identifier as sent: members with the same token share it. */
export function strongToken(code: number, sent: string): bigint {
  const cell = pack([[code, sent]])
  return tokenOf(cell, 0, cell.length)
}

/**
 * How two packed values differ: not at all, only in values that describe the person, or in values that name one.
 * The order of the values does not count.
 */
export function differenceOf(
  before: Buffer,
  after: Buffer,
  isDescribing: (code: number) => boolean,
): 'none' | 'describing' | 'identifying' {
  if (before.equals(after)) return 'none'
  const then = new Map(unpack(before))
  const now = new Map(unpack(after))
  const changed = [...new Set([...then.keys(), ...now.keys()])].filter((code) => then.get(code) !== now.get(code))
  if (changed.length === 0) return 'none'
  return changed.every(isDescribing) ? 'describing' : 'identifying'
}
