/** COPY in PostgreSQL's binary format: a header, rows of length-prefixed fields, and a row count of -1 at the end. */
const header = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const trailer = Buffer.from([0xff, 0xff])

/** A row as it was read. Its buffers are views that stay valid. */
export class BinaryRow {
  readonly #fields: readonly (Buffer | null)[]
  constructor(fields: readonly (Buffer | null)[]) {
    this.#fields = fields
  }
  bytes(at: number): Buffer {
    return this.#fields[at] ?? empty
  }
  orNull(at: number): Buffer | null {
    return this.#fields[at] ?? null
  }
  uuid(at: number): string {
    const hex = this.bytes(at).toString('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }
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
      const row = rowAt(data, offset)
      if (!row) break
      if (row === 'end') {
        ended = true
        break
      }
      rows.push(new BinaryRow(row.fields))
      offset = row.next
    }
    if (rows.length > 0) yield rows
    rest = data.subarray(offset)
  }
  if (!ended) throw new Error('A COPY in binary format ended before its end mark.')
}

function rowAt(data: Buffer, from: number): { fields: (Buffer | null)[]; next: number } | 'end' | undefined {
  if (from + 2 > data.length) return undefined
  const count = data.readInt16BE(from)
  if (count < 0) return 'end'
  const fields: (Buffer | null)[] = []
  let offset = from + 2
  for (let field = 0; field < count; field++) {
    if (offset + 4 > data.length) return undefined
    const length = data.readInt32BE(offset)
    offset += 4
    if (length < 0) {
      fields.push(null)
      continue
    }
    if (offset + length > data.length) return undefined
    fields.push(data.subarray(offset, offset + length))
    offset += length
  }
  return { fields, next: offset }
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

/** Type oid of int8, which heads an array of them. */
const int8Oid = 20

export function int8Array(values: readonly bigint[]): Buffer {
  const bytes = Buffer.allocUnsafe(20 + values.length * 12)
  bytes.writeInt32BE(values.length > 0 ? 1 : 0, 0)
  bytes.writeInt32BE(0, 4)
  bytes.writeInt32BE(int8Oid, 8)
  if (values.length === 0) return bytes.subarray(0, 12)
  bytes.writeInt32BE(values.length, 12)
  bytes.writeInt32BE(1, 16)
  let offset = 20
  for (const value of values) {
    bytes.writeInt32BE(8, offset)
    bytes.writeBigInt64BE(value, offset + 4)
    offset += 12
  }
  return bytes
}

/** Rows as chunks of a COPY … FROM STDIN (FORMAT binary), some hundreds of kilobytes each. */
export function* binaryCopy(rows: Iterable<readonly Field[]>): Iterable<Buffer> {
  let chunk = Buffer.allocUnsafe(chunkBytes)
  header.copy(chunk)
  let used = header.length
  for (const fields of rows) {
    let size = 2
    for (const field of fields) size += 4 + (field?.length ?? 0)
    if (used + size > chunk.length) {
      if (used > 0) yield chunk.subarray(0, used)
      chunk = Buffer.allocUnsafe(Math.max(chunkBytes, size))
      used = 0
    }
    used = chunk.writeInt16BE(fields.length, used)
    for (const field of fields) {
      used = chunk.writeInt32BE(field === null ? -1 : field.length, used)
      if (field) used += field.copy(chunk, used)
    }
  }
  if (used > 0) yield chunk.subarray(0, used)
  yield trailer
}

const chunkBytes = 256 * 1024
