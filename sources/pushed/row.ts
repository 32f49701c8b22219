import { inLine, refusal } from './refusal.ts'

export type PushedRow = Record<string, string | null>

export type RowLimits = {
  /** Default 500. */
  readonly maxColumns: number
  /** In bytes; default 1 MiB. What is being read of one row is all that is held in memory. */
  readonly maxRowBytes: number
}

export const usualLimits: RowLimits = { maxColumns: 500, maxRowBytes: 1024 * 1024 }

/** A row from the text of one JSON object that begins in `line`: numbers, true and false become text. */
export function rowOfJson(json: string, line: number, { maxColumns }: RowLimits): PushedRow {
  const value = parsed(json, line)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refusal(
      'row_not_an_object',
      `${inLine(line)} does not hold an object.`,
      'Send each member as an object of field and value: {"id": "1", "email": "…"}.',
    )
  const entries = Object.entries(value)
  if (entries.length > maxColumns) throw tooManyColumns(inLine(line), maxColumns)
  return Object.fromEntries(entries.map(([field, held]) => [field, textOf(held, field, line)]))
}

function parsed(json: string, line: number): unknown {
  try {
    return JSON.parse(json)
  } catch {
    // The parser's own message quotes the text.
    throw brokenJson(line)
  }
}

function textOf(value: unknown, field: string, line: number): string | null {
  if (value === null || typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    if (!Number.isInteger(value) || Number.isSafeInteger(value)) return String(value)
    throw refusal(
      'number_too_large',
      `${inLine(line)}: the number in "${field}" has more digits than can be read exactly.`,
      'Send it as text, in double quotes.',
    )
  }
  throw refusal(
    'value_nested',
    `${inLine(line)}: "${field}" holds an object or a list.`,
    'Send a text, a number, true, false or null in each field.',
  )
}

export const brokenJson = (line: number) =>
  refusal('json_broken', `${inLine(line)} is not JSON.`, 'Correct it and send the list again. Nothing was changed.')

export const tooManyColumns = (where: string, maxColumns: number) =>
  refusal(
    'too_many_columns',
    `${where} has more than ${maxColumns.toLocaleString('en')} columns.`,
    'Leave out the columns that no destination needs.',
  )

export const rowTooLong = (line: number, maxRowBytes: number) =>
  refusal(
    'row_too_long',
    `${inLine(line)} begins a row longer than ${Math.floor(maxRowBytes / 1024).toLocaleString('en')} KiB.`,
    'See whether a quotation mark or a bracket is missing there, or leave out what no destination needs.',
  )
