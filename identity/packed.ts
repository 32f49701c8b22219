import { digestOfHex, isSha256, sha256Digest } from './hash.ts'

/**
 * Identifiers as sent, packed for the ledger. Per value: a byte of code, a byte of kind, then for DIGEST 32 bytes that
 * are 64 hex digits, for TEXT two bytes of length (big endian) and so many bytes of UTF-8.
 */
const DIGEST = 0
const TEXT = 1
const DIGEST_CELL_BYTES = 34
const TEXT_HEAD_BYTES = 4
const MOST_TEXT_BYTES = 65_535

const SLAB_BYTES = 65_536
/** So many rows make a string of hex that V8 keeps outside its heap, where the garbage collector need not move it. */
const ROWS_A_CHUNK = 3_000

const digestHeads = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code, DIGEST))

/** The cell of a value by its hash, which is 32 characters of one byte each; so is the cell. */
export const digestCell = (code: number, digest: string): string => (digestHeads[code] ?? '') + digest

/** The cell of a value as sent, in characters of one byte. Throws a RangeError for a value of more than 65,535 bytes. */
export function sentCell(code: number, sent: string): string {
  if (isSha256(sent)) return digestCell(code, digestOfHex(sent))
  const bytes = Buffer.from(sent, 'utf8')
  if (bytes.length > MOST_TEXT_BYTES) throw new RangeError(`an identifier of ${bytes.length} bytes cannot be packed`)
  return String.fromCharCode(code, TEXT, bytes.length >> 8, bytes.length & 0xff) + bytes.toString('latin1')
}

/**
 * Turns the joined cells of row after row into their bytes. Joined as strings and written at once into slabs, as bytes
 * written one by one, or a Buffer's own memory for each row, would cost more than the content.
 */
export function createPacker(): (cells: string) => Buffer {
  let slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
  let end = 0
  return (cells) => {
    if (cells.length > SLAB_BYTES) return Buffer.from(cells, 'latin1')
    if (end + cells.length > SLAB_BYTES) {
      slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
      end = 0
    }
    const start = end
    end += slab.write(cells, start, 'latin1')
    return slab.subarray(start, end)
  }
}

/** Packs [code, value as sent] in the order given. */
export const pack = (entries: readonly (readonly [code: number, sent: string])[]): Buffer =>
  Buffer.from(entries.map(([code, sent]) => sentCell(code, sent)).join(''), 'latin1')

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

/** Which codes occur in any of the buffers, ascending. Whether they are whole is checked on the way. */
function codesIn(packed: readonly Buffer[]): number[] {
  const occurs = new Uint8Array(256)
  for (const row of packed) {
    const { length } = row
    for (let offset = 0; offset < length; ) {
      occurs[row[offset] ?? 0] = 1
      // The common case without a call.
      const next = offset + DIGEST_CELL_BYTES
      offset = row[offset + 1] === DIGEST && next <= length ? next : endOfCell(row, offset)
    }
  }
  return [...occurs.keys()].filter((code) => occurs[code])
}

/**
 * Rows as columns of a batch: the identifiers that occur, by ascending code, and each row's values in that order.
 * Throws when a buffer is damaged or holds a code without a name. Values are made when they are asked for: those of all
 * rows together are more than a nursery holds, and the garbage collector would move each of them. In order of the rows
 * that is fast, as many rows are turned into hex together and the values are slices of the one string.
 */
export function unpackRows(
  packed: readonly Buffer[],
  names: ReadonlyMap<number, string>,
): { identifiers: string[]; valuesOf: (row: number) => (string | undefined)[] } {
  const codes = codesIn(packed)
  const identifiers = codes.map((code) => {
    const name = names.get(code)
    if (name === undefined)
      throw new Error(`Packed identifiers hold the code ${code}, which no identifier of this platform has.`)
    return name
  })
  const columnOf = new Uint8Array(256)
  for (const [column, code] of codes.entries()) columnOf[code] = column
  const blank: (string | undefined)[] = codes.map(() => undefined)
  let chunk = chunkOf(packed, 0)
  const valuesOf = (row: number): (string | undefined)[] => {
    if (row < chunk.first || row >= chunk.first + ROWS_A_CHUNK) chunk = chunkOf(packed, row - (row % ROWS_A_CHUNK))
    const { bytes, hex, starts } = chunk
    let offset = starts[row - chunk.first] ?? 0
    const rowEnd = starts[row - chunk.first + 1] ?? 0
    // A copy is as long as it must be; an array that grows by push takes three times the memory.
    const values = blank.slice()
    while (offset < rowEnd) {
      const column = columnOf[bytes[offset] ?? 0] ?? 0
      const isDigest = bytes[offset + 1] === DIGEST
      const end = isDigest ? offset + DIGEST_CELL_BYTES : endOfCell(bytes, offset)
      values[column] = isDigest ? hex.slice((offset + 2) * 2, end * 2) : cellValue(bytes, hex, offset, end)
      offset = end
    }
    return values
  }
  return { identifiers, valuesOf }
}

type Chunk = { readonly first: number; readonly bytes: Buffer; readonly hex: string; readonly starts: Int32Array }

/** The rows from `first` on as one, with the place of each (`codesIn` has walked them: they are whole). */
function chunkOf(packed: readonly Buffer[], first: number): Chunk {
  const rows = packed.slice(first, first + ROWS_A_CHUNK)
  const bytes = Buffer.concat(rows)
  const starts = new Int32Array(rows.length + 1)
  for (let row = 0; row < rows.length; row++) starts[row + 1] = (starts[row] ?? 0) + (rows[row]?.length ?? 0)
  return { first, bytes, hex: bytes.toString('hex'), starts }
}

const tokenBytes = new Uint8Array(8)
const tokenView = new BigInt64Array(tokenBytes.buffer)

/** The token of a strong identifier by its hash (32 characters of one byte): the first 8 bytes, marked with the code. */
export function digestToken(code: number, digest: string): bigint {
  for (let at = 0; at < 8; at++) tokenBytes[at] = digest.charCodeAt(at)
  // Marked, so that the same hash given as an e-mail's and as a phone's is not one person.
  tokenBytes[7] = (tokenBytes[7] ?? 0) ^ code
  return tokenView[0] ?? 0n
}

/** A signed 64-bit name of a strong identifier as sent: members with the same token share it. */
export const strongToken = (code: number, sent: string): bigint =>
  digestToken(code, isSha256(sent) ? digestOfHex(sent) : sha256Digest(sent))

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
