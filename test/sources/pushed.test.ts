import { describe, expect, it } from 'vitest'
import { SourceFailure } from '../../sources/define.ts'
import { type PushedRow, parsePushed, type RowLimits } from '../../sources/pushed/index.ts'

/** Bytes in pieces of `size`, so that every boundary is crossed somewhere. */
async function* pieces(body: string | Buffer, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(body)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(type: string, body: string | Buffer, size = 7, limits?: Partial<RowLimits>): Promise<PushedRow[]> {
  const rows: PushedRow[] = []
  for await (const row of parsePushed(pieces(body, size), type, limits)) rows.push(row)
  return rows
}

const refused = async (type: string, body: string | Buffer, limits?: Partial<RowLimits>) => {
  const error: unknown = await read(type, body, 7, limits).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof SourceFailure)) throw new Error('It was not refused.', { cause: error })
  return error
}

const people = [
  { id: '1', name: 'Jürgen 👋🏽 "Q" \\ {x}' },
  { id: '2', name: null },
]

describe.each([1, 2, 3, 5, 1000])('in pieces of %i bytes', (size) => {
  it('reads a JSON array', async () => {
    expect(await read('application/json; charset=UTF-8', JSON.stringify(people, null, 2), size)).toEqual(people)
  })
  it('reads NDJSON with empty lines and without a last line feed', async () => {
    const body = `${JSON.stringify(people[0])}\r\n\n${JSON.stringify(people[1])}`
    expect(await read('application/x-ndjson', body, size)).toEqual(people)
  })
  it('reads CSV with a byte order mark, CRLF, quotes and an empty value', async () => {
    const body = '\ufeffid,name\r\n1,"Jürgen 👋🏽 ""Q"" \\ {x}"\r\n2,\r\n'
    expect(await read('text/csv', body, size)).toEqual(people)
  })
})

it('makes text of numbers and truth values', async () => {
  expect(await read('application/json', '[{"id": 12, "score": 1.5, "consent": true, "__proto__": "x"}]')).toEqual([
    Object.fromEntries([
      ['id', '12'],
      ['score', '1.5'],
      ['consent', 'true'],
      ['__proto__', 'x'],
    ]),
  ])
})

it('reads an empty list as nobody', async () => {
  expect(await read('application/json', ' [ ] ')).toEqual([])
  expect(await read('text/csv', 'id,email\n')).toEqual([])
})

it.each([';', '\t', ','])('finds the separator %j in the first line', async (separator) => {
  const body = [
    ['id', '"a, b; c\td"', 'email'],
    ['1', 'x', 'a@example.test'],
  ]
  const rows = await read('text/csv', body.map((row) => row.join(separator)).join('\n'))
  expect(rows).toEqual([{ id: '1', 'a, b; c\td': 'x', email: 'a@example.test' }])
})

it('reads 300 columns and values of several lines', async () => {
  const names = Array.from({ length: 300 }, (_, i) => `c${i}`)
  const [row] = await read('text/csv', `${names.join(';')}\n${names.map(() => '"a\nb"').join(';')}\n`)
  expect(Object.keys(row ?? {})).toEqual(names)
  expect(row?.c299).toBe('a\nb')
})

it('reads only as fast as its rows are taken', async () => {
  let sent = 0
  async function* endless() {
    yield Buffer.from('id,email\n')
    for (;;) {
      sent++
      yield Buffer.from('1,person@example.test\n'.repeat(1000))
    }
  }
  let taken = 0
  for await (const _ of parsePushed(endless(), 'text/csv')) if (++taken === 5000) break
  expect(sent).toBeLessThan(50)
})

const secret = 'canary-4711@example.test'

it.each([
  ['application/json', `[{"id":"1"},\n{"id":"2","email":"${secret}" oops}]`, 'json_broken', 'Line 2 '],
  ['application/json', `[{"id":"1"},\n"${secret}"]`, 'row_not_an_object', 'Line 2 '],
  ['application/json', `{"id":"${secret}"}`, 'no_list', 'not a list'],
  ['application/json', '', 'no_list', 'empty'],
  ['application/json', `[{"id":"1"},\n{"id":"${secret}"}`, 'list_cut_off', 'line 2 '],
  ['application/json', `[{"id":"1"}\n{"id":"${secret}"}]`, 'json_broken', 'Line 2 '],
  ['application/json', `[{"id":"1"}]\n["${secret}"]`, 'json_broken', 'Line 2 '],
  ['application/json', `[\n{"id":"1","tags":["${secret}"]}]`, 'value_nested', 'Line 2: "tags"'],
  ['application/json', '[\n{"id":12345678901234567890}]', 'number_too_large', 'Line 2'],
  ['application/x-ndjson', `{"id":"1"}\n\n{"id":"${secret}"\n`, 'json_broken', 'Line 3 '],
  ['application/x-ndjson', `{"id":"1"}\n["${secret}"]\n`, 'row_not_an_object', 'Line 2 '],
  ['text/csv', `id,email\n1,a@example.test\n2,${secret},x\n`, 'row_other_length', 'Line 3 has 3 values'],
  ['text/csv', `id,email\n1,a@example.test\n2,"${secret}\n`, 'quotes_broken', 'Line 3 '],
  ['text/csv', `id,email\n1,"a" ${secret}\n`, 'quotes_broken', 'Line 2 '],
  ['text/csv', 'id,email,id\n', 'columns_duplicate', 'Columns 1 and 3'],
  ['text/csv', 'id,email,\n', 'column_without_name', 'Column 3'],
  ['text/csv', '', 'no_header', 'empty'],
  [
    'text/csv',
    Buffer.concat([Buffer.from('id\n1\n2'), Buffer.from([0xff]), Buffer.from(`\n${secret}`)]),
    'not_utf8',
    'Line 3 ',
  ],
  ['application/json', Buffer.concat([Buffer.from('[{"id":"'), Buffer.from([0xc3])]), 'not_utf8', 'Line 1 '],
])('refuses %s %j: %s', async (type, body, code, words) => {
  const error = await refused(type, body)
  expect(error.code).toBe(code)
  expect(error.message).toContain(words)
  expect(`${error.message} ${error.next} ${error.stack}`).not.toContain('canary')
})

it('holds no more than one row: one without an end is refused', async () => {
  const long = 'x'.repeat(3000)
  const limits = { maxRowBytes: 2000 }
  for (const [type, body] of [
    ['application/json', `[{"id":"${long}`],
    ['application/x-ndjson', `{"id":"${long}`],
    ['text/csv', `id\n"${long}`],
  ] as const)
    expect((await refused(type, body, limits)).code).toBe('row_too_long')
})

it('refuses more columns than are allowed', async () => {
  const limits = { maxColumns: 2 }
  expect((await refused('text/csv', 'a,b,c\n', limits)).code).toBe('too_many_columns')
  expect((await refused('application/json', '[{"a":1,"b":2,"c":3}]', limits)).code).toBe('too_many_columns')
})

it('refuses other content types and other encodings', () => {
  expect(() => parsePushed(pieces('', 1), 'text/html')).toThrow('content type')
  expect(() => parsePushed(pieces('', 1), 'constructor')).toThrow('content type')
  expect(() => parsePushed(pieces('', 1), 'text/csv; charset="iso-8859-1"')).toThrow('UTF-8')
})
