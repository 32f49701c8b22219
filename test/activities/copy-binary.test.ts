import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import postgres, { type Sql } from 'postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createBinaryCopy, type Field, int4, int8, int8Array, readBinary } from '../../activities/copy-binary.ts'
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let sql: Sql

beforeAll(async () => {
  database = await createEmptyDatabase()
  sql = postgres(database.url, { max: 1, onnotice: () => {} })
  await sql.unsafe('create table t (k uuid, n int, big bigint, list bigint[], bytes bytea)')
})
afterAll(async () => {
  await sql.end()
  await database.drop()
})

const rows: Field[][] = Array.from({ length: 5000 }, (_, i) => [
  Buffer.from(i.toString(16).padStart(32, '0'), 'hex'),
  i % 8 === 0 ? null : int4(-i),
  int8(-(2n ** 63n) + BigInt(i)),
  int8Array(Array.from({ length: i % 4 }, (_, j) => 2n ** 62n + BigInt(i + j))),
  Buffer.alloc(i % 300, i % 256),
])

it('writes what PostgreSQL takes, and reads it back the same', async () => {
  const copy = createBinaryCopy()
  for (const row of rows) copy.add(row)
  await pipeline(Readable.from(copy.end()), await sql.unsafe('copy t from stdin (format binary)').writable())
  const [row] = await sql`select k, n, big::text, list::text[] as list, length(bytes) as size from t where n = -4711`
  expect(row).toEqual({
    k: '00000000-0000-0000-0000-000000001267',
    n: -4711,
    big: String(-(2n ** 63n) + 4711n),
    list: ['4611686018427392615', '4611686018427392616', '4611686018427392617'],
    size: 4711 % 300,
  })

  const chunks: Buffer[] = []
  for await (const chunk of await sql.unsafe('copy (select * from t order by k) to stdout (format binary)').readable())
    chunks.push(chunk)
  const whole = Buffer.concat(chunks)
  for (const size of [13, 1000, 1 << 20]) {
    const pieces = async function* () {
      for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size)
    }
    let at = 0
    for await (const read of readBinary(pieces())) {
      for (const row of read) {
        const expected = rows[at++] ?? []
        expect(expected.map((_, field) => row.orNull(field))).toEqual(expected)
      }
    }
    expect(at).toBe(rows.length)
  }
})

it('says so when the stream is cut off', async () => {
  const copy = createBinaryCopy()
  copy.add([int4(1)])
  const [begin = Buffer.alloc(0)] = copy.end()
  const read = async () => {
    for await (const _ of readBinary(Readable.from([begin])));
  }
  await expect(read()).rejects.toThrow('before its end mark')
})
