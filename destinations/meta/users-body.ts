import { rowsBody, textJson } from '../ascii-json.ts'
import type { Batch, Identifiers } from '../define.ts'
import { identifiers as known } from './identifiers.ts'
import { sessionIdOf } from './session-id.ts'

type Cell = (value: string | undefined) => string

/** The body of `/users`: one session per batch, a row per member, a cell per identifier ("" where there is none). */
export function usersBody(batch: Batch): Buffer {
  const { identifiers, members } = batch
  const cells = identifiers.map(cellOf)
  const onlyHashes = cells.every((cell) => cell === undefined)
  const session = {
    session_id: sessionIdOf(batch),
    batch_seq: 1,
    last_batch_flag: true,
    estimated_num_total: members.length,
  }
  const head = `{"session":${JSON.stringify(session)},"payload":{"schema":${JSON.stringify(identifiers)},"data":[`
  const write = ({ values }: Batch['members'][number]) =>
    onlyHashes && values.length === cells.length && allHashesOrNone(values) ? hashRow(values) : row(values, cells)
  return rowsBody(head, members, write, { tail: ']}}', rowBytes: identifiers.length * CELL_BYTES })
}

/** A hash with its quotes and comma, and a little more for brackets and ids. */
const CELL_BYTES = 72

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

const textCell: Cell = (value) => (value === undefined ? '""' : textJson(value))

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
