/** One row in PostgreSQL's COPY text format, without its line feed: values between tabs, `\N` for null. */

const tab = 0x09
const backslash = 0x5c
const upperN = 0x4e

/** The values of a row. Bytes that are not UTF-8 cannot occur: the session's encoding is UTF-8. */
export function decodeRow(row: Uint8Array): (string | null)[] {
  const bytes = Buffer.from(row.buffer, row.byteOffset, row.length)
  const values: (string | null)[] = []
  let start = 0
  for (;;) {
    const at = bytes.indexOf(tab, start)
    const end = at < 0 ? bytes.length : at
    values.push(decodeValue(bytes, start, end))
    if (at < 0) return values
    start = at + 1
  }
}

function decodeValue(bytes: Buffer, start: number, end: number): string | null {
  if (end - start === 2 && bytes[start] === backslash && bytes[start + 1] === upperN) return null
  const text = bytes.toString('utf8', start, end)
  return text.includes('\\') ? unescaped(text) : text
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

/** `text` without the escapes of COPY: PostgreSQL writes those of `escapes`, and `\\`. */
export const unescaped = (text: string) => text.replace(/\\(.)/gs, (_, letter: string) => escapes[letter] ?? letter)

const letters: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(escapes).map(([letter, character]) => [character, `\\${letter}`]),
)
const special = /[\b\f\n\r\t\v\\]/
const everySpecial = /[\b\f\n\r\t\v\\]/g

/** The row that `decodeRow` reads, byte for byte as PostgreSQL would write it. */
export const encodeRow = (values: readonly (string | null)[]): Buffer =>
  Buffer.from(values.map((value) => (value === null ? '\\N' : escaped(value))).join('\t'))

/** `text` as it stands between the tabs of a row. */
export const escaped = (text: string): string =>
  special.test(text) ? text.replace(everySpecial, (character) => letters[character] ?? '\\\\') : text
