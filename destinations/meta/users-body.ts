import type { Batch, Identifiers } from '../define.ts'
import { identifiers as known } from './identifiers.ts'
import { sessionIdOf } from './session-id.ts'

// Text of this many rows is turned into bytes while it is still in the processor's cache.
const ROWS_A_CHUNK = 200

type Cell = (value: string | undefined) => string

/**
 * The body of `/users`: one session per batch, a row per member, a cell per identifier ("" where there is none). Built as
 * text and written as Latin-1, which takes less than half the time of `JSON.stringify`.
 */
export function usersBody(batch: Batch): Buffer {
  const { identifiers, members } = batch
  const cells = identifiers.map(cellOf)
  const session = {
    session_id: sessionIdOf(batch),
    batch_seq: 1,
    last_batch_flag: true,
    estimated_num_total: members.length,
  }
  const body = createText(members.length * identifiers.length * CELL_BYTES)
  body.add(`{"session":${JSON.stringify(session)},"payload":{"schema":${JSON.stringify(identifiers)},"data":[`)
  const onlyHashes = cells.every((cell) => cell === undefined)
  for (let first = 0; first < members.length; first += ROWS_A_CHUNK) {
    const end = Math.min(first + ROWS_A_CHUNK, members.length)
    let chunk = ''
    for (let at = first; at < end; at++) {
      if (at > 0) chunk += ','
      const values = members[at]?.values ?? []
      chunk +=
        onlyHashes && values.length === cells.length && allHashesOrNone(values) ? hashRow(values) : row(values, cells)
    }
    body.add(chunk)
  }
  body.add(']}}')
  return body.end()
}

/** A hash with its quotes and comma, and a little more for brackets and ids. */
const CELL_BYTES = 72

/**
 * Text that is ASCII by construction, so that a character is a byte, written into one buffer: as parts put together at
 * the end it would be in memory twice.
 */
function createText(expected: number): { add(text: string): void; end(): Buffer } {
  let bytes = Buffer.allocUnsafeSlow(expected + 4_096)
  let used = 0
  return {
    add(text) {
      if (used + text.length > bytes.length) {
        const larger = Buffer.allocUnsafeSlow(2 * bytes.length + text.length)
        bytes.copy(larger, 0, 0, used)
        bytes = larger
      }
      used += bytes.write(text, used, 'latin1')
    },
    end: () => bytes.subarray(0, used),
  }
}

function allHashesOrNone(values: readonly (string | undefined)[]): boolean {
  for (const value of values) if (value !== undefined && value.length !== 64) return false
  return true
}

/** Joining is the fastest way to put hashes together, and writes "" for none, which is what is wanted. */
const hashRow = (values: readonly (string | undefined)[]) => `["${values.join('","')}"]`

function row(values: readonly (string | undefined)[], cells: readonly (Cell | undefined)[]): string {
  let text = '['
  for (let column = 0; column < cells.length; column++) {
    if (column > 0) text += ','
    const value = values[column]
    const cell = cells[column]
    text += cell ? cell(value) : hashCell(value)
  }
  return `${text}]`
}

const table: Identifiers = known

/** How a column is written; undefined for hashes, which are most of all cells and are not worth a call through a table. */
const cellOf = (identifier: string): Cell | undefined =>
  table[identifier]?.sent === 'hashed' ? undefined : (CELLS[identifier] ?? textCell)

/** A hash is 64 hex digits and needs no look. */
const hashCell: Cell = (value) => (value?.length === 64 ? `"${value}"` : textCell(value))

// Neither a quote, a backslash, a control character nor anything outside ASCII: nearly all ids.
const NEEDS_NO_ESCAPE = /^[ !#-[\]-~]*$/

const textCell: Cell = (value) => {
  if (value === undefined) return '""'
  return NEEDS_NO_ESCAPE.test(value) ? `"${value}"` : asciiJson(value)
}

/** Non-negative number, as Meta wants it unquoted; what is none is sent as missing. */
const numberCell: Cell = (value) => {
  if (value === undefined || value === '') return '""'
  const number = Number(value)
  return Number.isFinite(number) && number >= 0 ? String(number) : '""'
}

/** Limited data use: a list of options, empty where the person has none. */
const optionsCell: Cell = (value) => (value ? `[${textCell(value)}]` : '[]')

// Meta's exceptions to "every cell is a text".
const CELLS: Readonly<Record<string, Cell>> = {
  LOOKALIKE_VALUE: numberCell,
  DATA_PROCESSING_OPTIONS: optionsCell,
  DATA_PROCESSING_OPTIONS_COUNTRY: numberCell,
  DATA_PROCESSING_OPTIONS_STATE: numberCell,
}

const asciiJson = (value: string) =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
