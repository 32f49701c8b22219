import { type PushedRow, type RowLimits, rowOfJson, rowTooLong } from './row.ts'

const lineFeed = 0x0a

/** One JSON object a line; empty lines are passed over. */
export async function* readNdjson(chunks: AsyncIterable<Buffer>, limits: RowLimits): AsyncGenerator<PushedRow, void> {
  let line = 1
  let parts: Buffer[] = []
  let held = 0
  for await (const chunk of chunks) {
    let start = 0
    for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, start)) {
      const json = Buffer.concat([...parts, chunk.subarray(start, at)])
      parts = []
      held = 0
      start = at + 1
      if (json.length > limits.maxRowBytes) throw rowTooLong(line, limits.maxRowBytes)
      const text = json.toString('utf8').trim()
      if (text) yield rowOfJson(text, line, limits)
      line++
    }
    if (start < chunk.length) {
      parts.push(chunk.subarray(start))
      held += chunk.length - start
    }
    if (held > limits.maxRowBytes) throw rowTooLong(line, limits.maxRowBytes)
  }
  const text = Buffer.concat(parts).toString('utf8').trim()
  if (text) yield rowOfJson(text, line, limits)
}
