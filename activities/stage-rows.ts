import { chaskey, chaskeySlack } from '../db/chaskey.ts'
import { fingerprintSeed, memberKeyKey } from '../db/member-key.ts'
import { unescaped } from '../sources/copy-text.ts'
import { SourceFailure } from '../sources/define.ts'
import { fingerprint } from './fingerprint.ts'

export { decodeRow, encodeRow } from '../sources/copy-text.ts'

export type StagerOptions = {
  /** The secret of member keys, 32 bytes. */
  readonly keySecret: Buffer
  /** How many columns follow the member id. */
  readonly columns: number
  /** For each fingerprint the columns that enter it, by position after the member id, ascending. */
  readonly sets: readonly (readonly number[])[]
}

export type Stager = {
  /**
   * Takes COPY text that breaks anywhere; returns bytes for the binary COPY into the stage, which hold until the next
   * call: at most of `flushBytes` and one chunk, in memory that is used again.
   */
  readonly push: (chunk: Uint8Array) => Buffer | undefined
  /** The last rows and the end of the binary COPY. Throws when the last row was cut off. */
  readonly finish: () => Buffer
  /** Rows so far. */
  readonly rows: number
}

const tab = 0x09
const lineFeed = 0x0a
const backslash = 0x5c
const upperN = 0x4e

const header = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const trailer = Buffer.from([0xff, 0xff])

/** A row longer than this is not about a person; it would cost memory that is promised to be bounded. */
const longestRow = 4 * 1024 * 1024
const slack = chaskeySlack + 4
const flushBytes = 64 * 1024
const outBytes = 3 * flushBytes

/**
 * Turns the source's rows (member id, then the mapped columns) into rows of the stage: member key, one fingerprint per
 * set, and the mapped columns as they came. Every member of every refresh passes through here, so it works on bytes,
 * makes no object per row and looks at each byte as few times as possible.
 */
export function createStager({ keySecret, columns, sets }: StagerOptions): Stager {
  const key = memberKeyKey(keySecret)
  const seed = fingerprintSeed(keySecret)
  const spans = sets.map(contiguous)
  const someSpan = spans.some((span) => span && !(span.first === 0 && span.last === columns - 1))
  const needsEnds = someSpan || spans.includes(undefined)
  const ends = new Int32Array(columns)
  const fields = 2 + sets.length
  const overhead = 2 + 20 + 12 * sets.length + 4

  let work = workspace(256 * 1024)
  let scratch = workspace(1024)
  let carried = 0
  let rows = 0
  // Rows wait here until there are enough of them to be worth a write.
  let out = workspace(outBytes)
  out.bytes.set(header)
  let o = header.length

  const push = (chunk: Uint8Array): Buffer | undefined => {
    const filled = carried + chunk.length
    if (filled + slack > work.bytes.length) work = grown(work, carried, 2 * filled + slack)
    const { bytes, view } = work
    bytes.set(chunk, carried)
    // A line feed as a sentinel: the loops below need no bounds.
    bytes[filled] = lineFeed

    let line = 0
    for (;;) {
      let at = line
      let escapedId = false
      let byte = bytes[at] ?? 0
      while (byte !== tab && byte !== lineFeed) {
        if (byte === backslash) escapedId = true
        byte = bytes[++at] ?? 0
      }
      if (at === filled) break
      const idEnd = at
      const row = byte === tab ? at + 1 : at

      const room = overhead + filled - row + slack
      if (o + room > out.bytes.length) out = grown(out, o, 2 * out.bytes.length + room)
      const target = out.view

      // Copied word by word up to the line feed, which is looked for in four bytes at once.
      const rowAt = o + overhead
      let to = rowAt
      let from = row
      let found: number
      for (;;) {
        const word = view.getInt32(from, true)
        target.setInt32(to, word, true)
        const zeroAtLineFeed = word ^ 0x0a0a0a0a
        found = (zeroAtLineFeed - 0x01010101) & ~zeroAtLineFeed & 0x80808080
        if (found !== 0) break
        from += 4
        to += 4
      }
      const end = from + ((31 - Math.clz32(found & -found)) >> 3)
      if (end === filled) break

      target.setInt16(o, fields)
      target.setInt32(o + 2, 16)
      if (escapedId || idEnd === line) {
        const id = escapedId ? idOf(bytes, line, idEnd) : ''
        if (!id) throw noMemberId(rows + 1)
        if (scratch.bytes.length < 4 * id.length + slack) scratch = workspace(4 * id.length + slack)
        const { written } = encoder.encodeInto(id, scratch.bytes)
        chaskey(key, scratch.view, 0, written, target, o + 6)
      } else chaskey(key, view, line, idEnd - line, target, o + 6)

      if (needsEnds) columnEnds(bytes, row, ends)
      for (let set = 0; set < spans.length; set++) {
        const p = o + 22 + 12 * set
        target.setInt32(p, 8)
        const span = spans[set]
        if (span) {
          const first = span.first === 0 ? row : (ends[span.first - 1] ?? 0) + 1
          const last = span.last === columns - 1 ? end : (ends[span.last] ?? 0)
          fingerprint(seed, view, first, last, target, p + 4)
        } else {
          if (scratch.bytes.length < end - row + slack) scratch = workspace(end - row + slack)
          const length = gather(bytes, row, ends, sets[set] ?? [], scratch.bytes)
          fingerprint(seed, scratch.view, 0, length, target, p + 4)
        }
      }
      target.setInt32(rowAt - 4, end - row)
      o = rowAt + end - row
      rows++
      line = end + 1
    }

    carried = filled - line
    if (carried > longestRow) throw tooLong(rows + 1)
    bytes.copyWithin(0, line, filled)
    return o >= flushBytes ? flushed() : undefined
  }

  const flushed = (): Buffer => {
    const bytes = Buffer.from(out.bytes.buffer, out.bytes.byteOffset, o)
    o = 0
    return bytes
  }

  return {
    push,
    finish() {
      if (carried > 0) throw cutOff(rows)
      return Buffer.concat([flushed(), trailer])
    },
    get rows() {
      return rows
    },
  }
}

const encoder = new TextEncoder()

type Workspace = { readonly bytes: Uint8Array; readonly view: DataView }

function workspace(size: number): Workspace {
  // allocUnsafeSlow: memory of its own, not zeroed, since every byte that is read was written before.
  const bytes = Buffer.allocUnsafeSlow(size)
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) }
}

function grown(old: Workspace, used: number, size: number): Workspace {
  const larger = workspace(size)
  larger.bytes.set(old.bytes.subarray(0, used))
  return larger
}

/** First and last of columns that stand side by side: their bytes can be read in place. */
function contiguous(set: readonly number[]): { first: number; last: number } | undefined {
  const first = set[0]
  const last = set.at(-1)
  if (first === undefined || last === undefined) return undefined
  return set.every((column, i) => column === first + i) ? { first, last } : undefined
}

/** Fills `ends` with the position after each column of the row at `at`. */
function columnEnds(bytes: Uint8Array, at: number, ends: Int32Array): void {
  for (let column = 0; column < ends.length; at++) {
    const byte = bytes[at]
    if (byte !== tab && byte !== lineFeed) continue
    ends[column++] = at
    if (byte === lineFeed) return
  }
}

/** Copies the columns of a set to `to`, with tabs between them as if they stood side by side; returns the length. */
function gather(bytes: Uint8Array, row: number, ends: Int32Array, set: readonly number[], to: Uint8Array): number {
  let length = 0
  for (let i = 0; i < set.length; i++) {
    const column = set[i] ?? 0
    const start = column === 0 ? row : (ends[column - 1] ?? 0) + 1
    const end = ends[column] ?? start
    if (i > 0) to[length++] = tab
    for (let at = start; at < end; at++) to[length++] = bytes[at] ?? 0
  }
  return length
}

/** The member id that has escapes in it; empty where it is null. */
function idOf(bytes: Uint8Array, start: number, end: number): string {
  if (end - start === 2 && bytes[start] === backslash && bytes[start + 1] === upperN) return ''
  return unescaped(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8'))
}

const noMemberId = (row: number) =>
  new SourceFailure({
    code: 'member_id_missing',
    what: `A row has no member id: the first one is row ${row.toLocaleString('en')} in the order in which the source sent them. The member id is null or empty there.`,
    whose: 'you, or whoever keeps the source',
    next: 'Choose a column that is never null or empty as member id, or leave such rows out of the query (where … is not null).',
  })

const tooLong = (row: number) =>
  new SourceFailure({
    code: 'row_too_long',
    what: `Row ${row.toLocaleString('en')} is longer than ${longestRow / 1024 / 1024} MiB in the columns that are mapped.`,
    whose: 'you, or whoever keeps the source',
    next: 'Map another column, or shorten the value in the query.',
  })

const cutOff = (rows: number) =>
  new SourceFailure({
    code: 'source_gone',
    what: `The source stopped in the middle of a row, after ${rows.toLocaleString('en')} rows.`,
    whose: 'nobody: it is tried again',
    next: 'If it goes on, look into the log of the source database.',
    passes: true,
  })
