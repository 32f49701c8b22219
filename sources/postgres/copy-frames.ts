/**
 * The server sends each row of a COPY as a message of its own. Taking the messages apart one by one costs more than
 * everything else that is done with a row, so the bytes of a socket are split here: what is inside of CopyData messages
 * is moved together in place, the rest goes on to the driver.
 */
export type FrameSplitter = (chunk: Buffer) => {
  /** Bytes of COPY data in this chunk, without the messages around them; a part of `chunk`. */
  readonly data: Buffer
  /** All other messages, whole or in parts, in their order. */
  readonly rest: readonly Buffer[]
  /** True when the end of a COPY was in this chunk. */
  readonly done: boolean
}

const copyData = 'd'.charCodeAt(0)
const copyDone = 'c'.charCodeAt(0)
const headerBytes = 5

/** Splits what a PostgreSQL server sends after the connection was made. Chunks may break anywhere. */
export function createFrameSplitter(): FrameSplitter {
  const header = Buffer.alloc(headerBytes)
  let headerFilled = 0
  let left = 0
  let type = 0

  return (chunk) => {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length)
    const rest: Buffer[] = []
    let done = false
    let at = 0
    let start = -1
    let to = 0
    while (at < chunk.length) {
      if (left === 0) {
        if (headerFilled === 0 && at + headerBytes <= chunk.length) {
          type = view.getUint8(at)
          left = view.getUint32(at + 1) - 4
          if (type !== copyData) rest.push(Buffer.from(chunk.subarray(at, at + headerBytes)))
          at += headerBytes
        } else {
          header[headerFilled++] = view.getUint8(at++)
          if (headerFilled < headerBytes) continue
          headerFilled = 0
          type = header.readUInt8(0)
          left = header.readUInt32BE(1) - 4
          if (type !== copyData) rest.push(Buffer.from(header))
        }
        if (type === copyDone) done = true
      }
      const size = Math.min(left, chunk.length - at)
      left -= size
      if (type === copyData) {
        if (start < 0) {
          start = at
          to = at + size
        } else {
          move(view, at, size, to)
          to += size
        }
      } else if (size > 0) rest.push(Buffer.from(chunk.subarray(at, at + size))) // copied: data may be moved over it
      at += size
    }
    return { data: start < 0 ? empty : chunk.subarray(start, to), rest, done }
  }
}

const empty = Buffer.alloc(0)

/** Moves bytes to the left; a row is too short for `copyWithin` to pay. */
function move(view: DataView, from: number, size: number, to: number): void {
  const words = from + (size & ~3)
  const end = from + size
  for (; from < words; from += 4, to += 4) view.setInt32(to, view.getInt32(from, true), true)
  for (; from < end; from++, to++) view.setUint8(to, view.getUint8(from))
}
