import { isUtf8 } from 'node:buffer'
import { inLine, refusal } from './refusal.ts'

const lineFeed = 0x0a
const mark = Buffer.from([0xef, 0xbb, 0xbf])

/** The bytes of a stream in chunks of whole characters, without a byte order mark. Throws at the line that is not UTF-8. */
export async function* wholeCharacters(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void> {
  let rest: Buffer = Buffer.alloc(0)
  let line = 1
  let begun = false
  for await (const chunk of stream) {
    let data: Buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    if (rest.length > 0) data = Buffer.concat([rest, data])
    if (!begun) {
      if (data.length < mark.length) {
        rest = data
        continue
      }
      begun = true
      if (data.subarray(0, mark.length).equals(mark)) data = data.subarray(mark.length)
    }
    const end = data.length - unfinished(data)
    const whole = data.subarray(0, end)
    rest = Buffer.from(data.subarray(end))
    if (!isUtf8(whole)) throw notUtf8(line + brokenLine(whole))
    line += lineFeeds(whole)
    if (whole.length > 0) yield whole
  }
  if (!isUtf8(rest)) throw notUtf8(line)
  if (rest.length > 0) yield rest
}

/** How many bytes at the end begin a character that is not complete. */
function unfinished(data: Buffer): number {
  for (let back = 1; back <= Math.min(3, data.length); back++) {
    const byte = data[data.length - back] ?? 0
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
  }
  return 0
}

/** Line feeds before the first line that is not UTF-8. */
function brokenLine(data: Buffer): number {
  let start = 0
  for (let line = 0; ; line++) {
    const at = data.indexOf(lineFeed, start)
    if (at < 0 || !isUtf8(data.subarray(start, at))) return line
    start = at + 1
  }
}

function lineFeeds(data: Buffer): number {
  let count = 0
  for (let at = data.indexOf(lineFeed); at >= 0; at = data.indexOf(lineFeed, at + 1)) count++
  return count
}

const notUtf8 = (line: number) =>
  refusal(
    'not_utf8',
    `${inLine(line)} is not written in UTF-8.`,
    'Save the list as UTF-8 (a spreadsheet offers "CSV UTF-8") and send it again.',
  )
