import { inLine, refusal } from './refusal.ts'
import { brokenJson, type PushedRow, type RowLimits, rowOfJson, rowTooLong } from './row.ts'

const code = (character: string) => character.charCodeAt(0)
const [quote, backslash, comma, lineFeed] = [code('"'), code('\\'), code(','), code('\n')]
const [openBracket, closeBracket, openBrace, closeBrace] = [code('['), code(']'), code('{'), code('}')]

/** What may come next outside of an element. */
type Place = 'before the list' | 'first or end' | 'element' | 'comma or end' | 'after the list'

/** An array of objects, read element by element: only the element being read is held. */
export async function* readJson(chunks: AsyncIterable<Buffer>, limits: RowLimits): AsyncGenerator<PushedRow, void> {
  let place: Place = 'before the list'
  let line = 1
  let depth = 0
  let inString = false
  let escaped = false
  let startLine = 1
  let parts: Buffer[] = []
  let held = 0

  for await (const chunk of chunks) {
    let start = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0
      if (byte === lineFeed) line++
      if (inString) {
        if (escaped) escaped = false
        else if (byte === backslash) escaped = true
        else if (byte === quote) inString = false
        continue
      }
      if (depth > 0) {
        if (byte === quote) inString = true
        else if (byte === openBrace || byte === openBracket) depth++
        else if ((byte === closeBrace || byte === closeBracket) && --depth === 0) {
          const json = Buffer.concat([...parts, chunk.subarray(start, at + 1)])
          parts = []
          held = 0
          if (json.length > limits.maxRowBytes) throw rowTooLong(startLine, limits.maxRowBytes)
          yield rowOfJson(json.toString('utf8'), startLine, limits)
          place = 'comma or end'
        }
        continue
      }
      if (byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === lineFeed) continue
      if (byte === openBrace && (place === 'first or end' || place === 'element')) {
        depth = 1
        start = at
        startLine = line
      } else place = nextPlace(place, byte, line)
    }
    if (depth > 0) {
      parts.push(chunk.subarray(start))
      held += chunk.length - start
      if (held > limits.maxRowBytes) throw rowTooLong(startLine, limits.maxRowBytes)
    }
  }
  if (place === 'before the list') throw noList('The body is empty.')
  if (place !== 'after the list')
    throw refusal('list_cut_off', `The list ends in line ${line} before its closing bracket.`, 'Send it again, whole.')
}

function nextPlace(place: Place, byte: number, line: number): Place {
  if (place === 'before the list') {
    if (byte === openBracket) return 'first or end'
    throw noList('The body is not a list.')
  }
  if (byte === closeBracket && (place === 'first or end' || place === 'comma or end')) return 'after the list'
  if (byte === comma && place === 'comma or end') return 'element'
  if (place === 'first or end' || place === 'element')
    throw refusal(
      'row_not_an_object',
      `${inLine(line)} holds something that is not an object.`,
      'Send each member as an object of field and value: [{"id": "1", "email": "…"}].',
    )
  throw brokenJson(line)
}

const noList = (what: string) =>
  refusal(
    'no_list',
    what,
    'Send a JSON array of objects: [{"id": "1", "email": "…"}], or NDJSON as application/x-ndjson.',
  )
