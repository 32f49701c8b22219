import { readCsv } from './csv.ts'
import { readJson } from './json.ts'
import { readNdjson } from './ndjson.ts'
import { refusal } from './refusal.ts'
import { type PushedRow, type RowLimits, usualLimits } from './row.ts'
import { wholeCharacters } from './utf8.ts'

export type { PushedRow, RowLimits } from './row.ts'

type Reader = (chunks: AsyncGenerator<Buffer>, limits: RowLimits) => AsyncIterable<PushedRow>

const readers: Readonly<Record<string, Reader>> = {
  'application/json': readJson,
  'application/x-ndjson': readNdjson,
  'application/ndjson': readNdjson,
  'application/jsonl': readNdjson,
  'text/csv': readCsv,
}

/** The content types that `parsePushed` takes. */
export const pushedTypes: readonly string[] = Object.keys(readers)

/**
 * The rows of a pushed list, one by one; values are text or null. Memory stays bounded by the longest row. Throws
 * `SourceFailure` at once for a content type that is not taken, and in the loop for the first row that cannot be read,
 * with its line and the cause.
 */
export function parsePushed(
  stream: AsyncIterable<Uint8Array>,
  contentType: string,
  limits: Partial<RowLimits> = {},
): AsyncIterable<PushedRow> {
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase())
  const reader = Object.hasOwn(readers, type) ? readers[type] : undefined
  if (!reader)
    throw refusal(
      'content_type_unknown',
      'The content type is not one that lists are read from.',
      `Send Content-Type: ${pushedTypes.join(', ')}.`,
    )
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice(8)
    .replaceAll('"', '')
  if (charset && charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii')
    throw refusal('not_utf8', 'The list is not announced as UTF-8.', 'Save the list as UTF-8 and send it again.')
  return reader(wholeCharacters(stream), { ...usualLimits, ...limits })
}
