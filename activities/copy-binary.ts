/** COPY in PostgreSQL's binary format: a header, rows of length-prefixed fields, and a row count of -1 at the end. */
const header = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const trailer = Buffer.from([0xff, 0xff])

/**
 * A row as it was read: where its fields begin. A field is looked for when it is asked for, as a view that stays valid;
 * views of all fields of all rows would cost more than what is read.
 */
export class BinaryRow {
  readonly #data: Buffer
  readonly #first: number
  constructor(data: Buffer, first: number) {
    this.#data = data
    this.#first = first
  }
  bytes(at: number): Buffer {
    return this.orNull(at) ?? empty
  }
  orNull(at: number): Buffer | null {
    const offset = this.#fieldAt(at)
    const length = this.#data.readInt32BE(offset)
    return length < 0 ? null : this.#data.subarray(offset + 4, offset + 4 + length)
  }
  int2(at: number): number {
    return this.#data.readInt16BE(this.#fieldAt(at) + 4)
  }
  /** A timestamptz, to the millisecond. */
  time(at: number): Date | null {
    const bytes = this.orNull(at)
    return bytes && new Date(Number(bytes.readBigInt64BE() / 1_000n) + postgresEpochMs)
  }
  uuid(at: number): string {
    return uuidText(this.#data, this.#fieldAt(at) + 4)
  }
  #fieldAt(at: number): number {
    let offset = this.#first
    for (let field = 0; field < at; field++) offset += 4 + Math.max(this.#data.readInt32BE(offset), 0)
    return offset
  }
}

/** PostgreSQL counts microseconds from the year 2000. */
const postgresEpochMs = Date.UTC(2000, 0, 1)

const hexDigits = Buffer.from('0123456789abcdef', 'latin1')
const uuidBytes = Buffer.from('--------------------------------------', 'latin1')

/** Written as bytes: put together from slices it would be eight strings, made one only when it is first compared. */
function uuidText(data: Buffer, from: number): string {
  let to = 0
  for (let at = 0; at < 16; at++) {
    if (at === 4 || at === 6 || at === 8 || at === 10) to++
    const byte = data[from + at] ?? 0
    uuidBytes[to++] = hexDigits[byte >> 4] ?? 0
    uuidBytes[to++] = hexDigits[byte & 15] ?? 0
  }
  return uuidBytes.toString('latin1', 0, 36)
}

const empty: Buffer = Buffer.alloc(0)

/**
 * The rows of a COPY … TO STDOUT (FORMAT binary), by the chunk in which they came: a turn of the event loop for each row
 * would cost more than the row. Throws when the stream ends in the middle.
 */
export async function* readBinary(chunks: AsyncIterable<Buffer>): AsyncIterable<readonly BinaryRow[]> {
  let rest: Buffer = empty
  let begun = false
  let ended = false
  // read to the very end also after the end mark: a stream that is left early leaves its connection paused
  for await (const chunk of chunks) {
    if (ended) continue
    let data: Buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    if (!begun) {
      if (data.length < header.length) {
        rest = data
        continue
      }
      begun = true
      data = data.subarray(header.length)
    }
    let offset = 0
    const rows: BinaryRow[] = []
    for (;;) {
      const end = endOfRow(data, offset)
      if (end === undefined) break
      if (end === 'end') {
        ended = true
        break
      }
      rows.push(new BinaryRow(data, offset + 2))
      offset = end
    }
    if (rows.length > 0) yield rows
    rest = data.subarray(offset)
  }
  if (!ended) throw new Error('A COPY in binary format ended before its end mark.')
}

/** Where the row that begins at `from` ends; undefined where not all of it has come. */
function endOfRow(data: Buffer, from: number): number | 'end' | undefined {
  if (from + 2 > data.length) return undefined
  const count = data.readInt16BE(from)
  if (count < 0) return 'end'
  let offset = from + 2
  for (let field = 0; field < count; field++) {
    if (offset + 4 > data.length) return undefined
    offset += 4 + Math.max(data.readInt32BE(offset), 0)
  }
  return offset > data.length ? undefined : offset
}

/** A field to write: its bytes as PostgreSQL receives them, or null. */
export type Field = Buffer | null

export const int4 = (value: number): Buffer => {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32BE(value)
  return bytes
}

export const int8 = (value: bigint): Buffer => {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigInt64BE(value)
  return bytes
}

export const timestamptz = (time: Date): Buffer => int8(BigInt(time.getTime() - postgresEpochMs) * 1_000n)

/** Type oid of int8, which heads an array of them. */
const int8Oid = 20

export function int8Array(values: readonly bigint[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length === 0 ? 12 : 20 + values.length * 12)
  // a Buffer's own way of writing a bigint takes ten times as long
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  view.setInt32(0, values.length > 0 ? 1 : 0)
  view.setInt32(4, 0)
  view.setInt32(8, int8Oid)
  if (values.length === 0) return bytes
  view.setInt32(12, values.length)
  view.setInt32(16, 1)
  let offset = 20
  for (const value of values) {
    view.setInt32(offset, 8)
    view.setBigInt64(offset + 4, value)
    offset += 12
  }
  return bytes
}

export type BinaryCopy = {
  /** Rows so far. */
  readonly rows: number
  readonly add: (fields: readonly Field[]) => void
  /** All of it, in chunks of some hundreds of kilobytes. Nothing is added after that. */
  readonly end: () => Buffer[]
}

/** Rows as a COPY … FROM STDIN (FORMAT binary). Written at once: kept as objects, they would be what the collector is busy with. */
export function createBinaryCopy(): BinaryCopy {
  const full: Buffer[] = []
  let chunk = Buffer.allocUnsafeSlow(chunkBytes)
  let used = header.copy(chunk)
  let rows = 0
  return {
    get rows() {
      return rows
    },
    add(fields) {
      let size = 2
      for (const field of fields) size += 4 + (field?.length ?? 0)
      if (used + size > chunk.length) {
        full.push(chunk.subarray(0, used))
        chunk = Buffer.allocUnsafeSlow(Math.max(chunkBytes, size))
        used = 0
      }
      used = chunk.writeInt16BE(fields.length, used)
      for (const field of fields) {
        used = chunk.writeInt32BE(field === null ? -1 : field.length, used)
        if (!field) continue
        chunk.set(field, used)
        used += field.length
      }
      rows++
    },
    end: () => [...full, chunk.subarray(0, used), trailer],
  }
}

const chunkBytes = 256 * 1024
