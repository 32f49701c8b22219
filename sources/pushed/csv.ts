import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CsvError, parse } from 'csv-parse'
import { inLine, refusal } from './refusal.ts'
import { type PushedRow, type RowLimits, rowTooLong, tooManyColumns } from './row.ts'

const separators = [',', ';', '\t'] as const

/** Rows of a table with names in its first line; comma, semicolon or tab between the values; empty means null. */
export async function* readCsv(chunks: AsyncGenerator<Buffer>, limits: RowLimits): AsyncGenerator<PushedRow, void> {
  const { head, rest } = await peekHeader(chunks, limits.maxRowBytes)
  // The parser runs ahead of the loop below, so it says itself where the row begins that it stumbles over.
  let parsing = 1
  const parser = parse({
    on_record: (record, { lines }) => {
      parsing = lines + 1
      return record
    },
    delimiter: separatorOf(head),
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: limits.maxRowBytes,
  })
  // Its failure arrives at the loop below, where it is told.
  const feeding = pipeline(Readable.from(rest), parser).catch(() => {})
  let names: readonly string[] | undefined
  let line = 1
  try {
    for await (const { record, info } of recordsOf(parser)) {
      if (!names) names = headerOf(record, limits.maxColumns)
      else if (record.length !== names.length) throw otherLength(line, record.length, names.length)
      else yield rowOf(names, record)
      line = info.lines + 1
    }
  } catch (error) {
    throw error instanceof CsvError ? ofParser(error, parsing, limits) : error
  } finally {
    parser.destroy()
    await feeding
  }
  if (!names) throw refusal('no_header', 'The body is empty.', 'Send a first line with the names of the columns.')
}

type Parsed = { readonly record: readonly string[]; readonly info: { readonly lines: number } }

/** With `info` on and names off this is what the parser gives; its types say `any`. */
const recordsOf = (parser: AsyncIterable<Parsed>): AsyncIterable<Parsed> => parser

/** The first line, and everything including it. */
async function peekHeader(
  chunks: AsyncGenerator<Buffer>,
  maxBytes: number,
): Promise<{ head: string; rest: AsyncIterable<Buffer> }> {
  const parts: Buffer[] = []
  let size = 0
  let complete = false
  while (!complete && size <= maxBytes) {
    const { value, done } = await chunks.next()
    if (done) break
    parts.push(value)
    size += value.length
    complete = value.includes(0x0a)
  }
  const head = Buffer.concat(parts)
  async function* rest() {
    yield head
    yield* chunks
  }
  return { head: head.toString('utf8').split(/\r?\n/, 1)[0] ?? '', rest: rest() }
}

/** The separator that stands most often between the names. */
function separatorOf(header: string): string {
  const bare = header.replace(/"(?:[^"]|"")*"/g, '')
  const counts = separators.map((separator) => bare.split(separator).length)
  return separators[counts.indexOf(Math.max(...counts))] ?? ','
}

function headerOf(record: readonly string[], maxColumns: number): readonly string[] {
  if (record.length > maxColumns) throw tooManyColumns('The list', maxColumns)
  const names = record.map((name) => name.trim())
  const nameless = names.indexOf('')
  if (nameless >= 0)
    throw refusal(
      'column_without_name',
      `Column ${nameless + 1} has no name in the first line.`,
      'Name it, or leave the column out (a separator at the end of the line makes one too many).',
    )
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i)
  if (twice >= 0)
    throw refusal(
      'columns_duplicate',
      `Columns ${names.indexOf(names[twice] ?? '') + 1} and ${twice + 1} have the same name in the first line.`,
      'Give each column a name of its own.',
    )
  return names
}

const rowOf = (names: readonly string[], record: readonly string[]): PushedRow =>
  Object.fromEntries(names.map((name, i) => [name, record[i] || null]))

const otherLength = (line: number, has: number, names: number) =>
  refusal(
    'row_other_length',
    `${inLine(line)} has ${has} values, but the first line names ${names} columns.`,
    'See whether a value with a separator in it lacks its double quotes. Nothing was changed.',
  )

function ofParser(error: CsvError, line: number, { maxRowBytes }: RowLimits): Error {
  if (error.code === 'CSV_MAX_RECORD_SIZE') return rowTooLong(line, maxRowBytes)
  return refusal(
    'quotes_broken',
    `${inLine(line)} begins a row whose double quotes do not match.`,
    'Put a value that holds quotes in quotes, and double each quote inside. Nothing was changed.',
  )
}
