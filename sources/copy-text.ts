/** One row in PostgreSQL's COPY text format, without its line feed: values between tabs, `\N` for null. */

/** The values of a row. Bytes that are not UTF-8 cannot occur: the session's encoding is UTF-8. */
export function decodeRow(row: Uint8Array): (string | null)[] {
  // one string of the whole row, cut at the tabs, costs half of a string for each value
  const text = (Buffer.isBuffer(row) ? row : Buffer.from(row.buffer, row.byteOffset, row.length)).toString('utf8')
  const values: (string | null)[] = text.split('\t')
  if (text.includes('\\')) for (const [at, value] of values.entries()) values[at] = value && plain(value)
  return values
}

/** A value without what COPY puts into it; a tab inside of one is written as an escape. */
const plain = (value: string) => (value === '\\N' ? null : unescaped(value))

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
