import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import postgres, { type Sql } from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fingerprint } from '../../activities/fingerprint.ts'
import { createStager, decodeRow, encodeRow } from '../../activities/stage-rows.ts'
import { memberKeyOf } from '../../db/member-key.ts'
import { openPostgres } from '../../sources/postgres/index.ts'
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts'

const keySecret = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex')

type Staged = { readonly key: string; readonly fingerprints: readonly string[]; readonly row: Buffer }
type Row = readonly [string, ...(string | null)[]]

/** Stages rows whose text arrives in pieces of `size` bytes, and reads the binary COPY that comes out. */
function stage(rows: readonly Row[], columns: number, sets: readonly (readonly number[])[], size = 11): Staged[] {
  const stager = createStager({ keySecret, columns, sets })
  const text = Buffer.concat(rows.flatMap((row) => [encodeRow(row), Buffer.from('\n')]))
  const parts: Buffer[] = []
  for (let at = 0; at < text.length; at += size)
    parts.push(Buffer.from(stager.push(text.subarray(at, at + size)) ?? []))
  parts.push(stager.finish())
  expect(stager.rows).toBe(rows.length)
  return unpack(Buffer.concat(parts))
}

function unpack(copy: Buffer): Staged[] {
  const staged: Staged[] = []
  expect(copy.subarray(0, 19).toString('latin1')).toBe('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0')
  let at = 19
  for (let count = copy.readInt16BE(at); count >= 0; count = copy.readInt16BE(at)) {
    at += 2
    const fields: Buffer[] = []
    for (let i = 0; i < count; i++) {
      const length = copy.readInt32BE(at)
      fields.push(copy.subarray(at + 4, at + 4 + length))
      at += 4 + length
    }
    const hex = fields[0]?.toString('hex') ?? ''
    staged.push({
      key: hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
      fingerprints: fields.slice(1, -1).map((field) => String(field.readBigInt64BE())),
      row: fields.at(-1) ?? Buffer.alloc(0),
    })
  }
  expect(at + 2).toBe(copy.length)
  return staged
}

const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.constantFrom('', '\\', '\t', '\n', '\\N', null))
const id = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
  fc.constantFrom('\\N', '\t', '\\', '\n'),
)

describe('rows of the stage', () => {
  it('bear the key of their member id and the columns as they came, wherever the chunks break', () => {
    const rows = fc.array(fc.tuple(id, value, value, value), { maxLength: 30 })
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 200 }), (given, size) => {
        const staged = stage(given, 3, [[0, 1, 2]], size)
        expect(staged.map(({ key, row }) => [key, decodeRow(row)])).toEqual(
          given.map(([member, ...values]) => [memberKeyOf(keySecret, member), values]),
        )
      }),
    )
  })

  it('differ in the fingerprint exactly when a column of its set differs, wherever the columns stand', () => {
    const texts = fc.tuple(value, value, value)
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        const sets = [[0, 1, 2], [0], [1], [2], [0, 2], [1, 2]]
        const [first, second] = stage(
          [
            ['1', ...a],
            ['2', ...b],
          ],
          3,
          sets,
        )
        sets.forEach((set, i) => {
          const same = JSON.stringify(set.map((column) => a[column])) === JSON.stringify(set.map((column) => b[column]))
          expect(first?.fingerprints[i] === second?.fingerprints[i]).toBe(same)
        })
      }),
    )
  })

  it('keep the fingerprint of a set when other columns come and go around it', () => {
    const [alone] = stage([['1', 'a@example.test', null]], 2, [[0, 1]])
    const [apart] = stage([['1', 'x', 'a@example.test', 'y', null, 'z']], 5, [[1, 3], [0]])
    const [beside] = stage([['1', 'x', 'a@example.test', null]], 3, [[1, 2]])
    expect(apart?.fingerprints[0]).toBe(alone?.fingerprints[0])
    expect(beside?.fingerprints[0]).toBe(alone?.fingerprints[0])
  })

  it('tell a value from its neighbour and null from empty', () => {
    const rows: Row[] = [
      ['1', 'ab', 'c'],
      ['2', 'a', 'bc'],
      ['3', null, ''],
      ['4', '', null],
      ['5', '', ''],
      ['6', '\\N', ''],
    ]
    for (const sets of [[[0, 1]], [[0, 1], [0]]]) {
      const staged = stage(rows, 2, sets)
      expect(new Set(staged.map(({ fingerprints }) => fingerprints[0])).size).toBe(rows.length)
    }
  })

  it('carry rows longer than a chunk and member ids with escapes', () => {
    const long = 'x\n'.repeat(200_000)
    const member = 'tab\t\\'.repeat(1000)
    const [first, second] = stage(
      [
        [member, long],
        ['2', 'b'],
      ],
      1,
      [[0]],
      5000,
    )
    expect(first?.key).toBe(memberKeyOf(keySecret, member))
    expect(decodeRow(first?.row ?? Buffer.alloc(0))).toEqual([long])
    expect(decodeRow(second?.row ?? Buffer.alloc(0))).toEqual(['b'])
  })

  it('are none for nobody', () => expect(stage([], 2, [[0, 1]])).toEqual([]))

  it('never change their fingerprint for the same secret and text: everybody would look changed', () => {
    const [row] = stage([['1', 'a@example.test', 'Ünï 👋🏽']], 2, [[0, 1]])
    expect(row?.fingerprints).toMatchInlineSnapshot(`
      [
        "-4612463916457452591",
      ]
    `)
  })
})

describe('what cannot be staged', () => {
  const stager = () => createStager({ keySecret, columns: 1, sets: [[0]] })
  const caught = (work: () => unknown) => {
    try {
      work()
    } catch (error) {
      return error
    }
    return undefined
  }

  it.each(['\\N', ''])('a member id of %j: says which row, not what is in it', (member) => {
    const error = caught(() => stager().push(Buffer.from(`1\ta\n2\tb\n${member}\tcanary\n`)))
    expect(error).toMatchObject({ code: 'member_id_missing', message: expect.stringContaining('row 3 ') })
    expect(String(error)).not.toContain('canary')
  })

  it('a source that stops in the middle of a row', () => {
    const cut = stager()
    cut.push(Buffer.from('1\ta\n2\tcan'))
    expect(caught(cut.finish)).toMatchObject({ code: 'source_gone', passes: true })
  })

  it('a row without an end, instead of filling the memory', () => {
    const endless = stager()
    const chunk = Buffer.alloc(1024 * 1024, 'x')
    expect(caught(() => [1, 2, 3, 4, 5, 6].forEach(() => void endless.push(chunk)))).toMatchObject({
      code: 'row_too_long',
    })
  })
})

describe('the fingerprint', () => {
  const seed = Int32Array.of(1, 2)
  const of = (bytes: Uint8Array): bigint => {
    const from = new DataView(new ArrayBuffer(bytes.length + 4))
    new Uint8Array(from.buffer).set(bytes)
    const to = new DataView(new ArrayBuffer(8))
    fingerprint(seed, from, 0, bytes.length, to, 0)
    return to.getBigUint64(0)
  }

  it('changes about half of its bits with any bit of the text', () => {
    const text = Buffer.from('person4711@example.test\t+15550004711\tFirst\tLast\t12345')
    const before = of(text)
    for (let bit = 0; bit < text.length * 8; bit++) {
      const changed = Buffer.from(text)
      changed.writeUInt8((changed[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3)
      const bits = [...(before ^ of(changed)).toString(2)].filter((digit) => digit === '1').length
      expect(bits).toBeGreaterThan(10)
      expect(bits).toBeLessThan(54)
    }
  })

  it('spreads texts that hardly differ as evenly as chance would', () => {
    const low = new Set<bigint>()
    const high = new Set<bigint>()
    const texts = 200_000
    for (let i = 0; i < texts; i++) {
      const found = of(Buffer.from(`person${i}@example.test`))
      low.add(found & 0xffffffn)
      high.add(found >> 40n)
    }
    // of 2^24 places, 200,000 throws hit about 198,813
    for (const half of [low, high]) expect(Math.abs(half.size - 198_813)).toBeLessThan(300)
  })

  it('tells zeros at the end apart', () => {
    const zeros = Array.from({ length: 20 }, (_, length) => of(new Uint8Array(length)))
    expect(new Set(zeros).size).toBe(20)
  })
})

describe('from a source into a stage', () => {
  let database: TestDatabase
  let sql: Sql

  beforeAll(async () => {
    database = await createEmptyDatabase()
    sql = postgres(database.url, { max: 2, onnotice: () => {} })
  })
  afterAll(async () => {
    await sql.end()
    await database.drop()
  })

  it('is taken by PostgreSQL as it is', async () => {
    await sql.unsafe(`
      create table people as select 'm' || i as id, case when i % 3 > 0 then E'Tab\\t' || i end as name, i as score
        from generate_series(1, 20000) i;
      create unlogged table stage (member_key uuid, f0 bigint, f1 bigint, row bytea)`)
    const source = openPostgres(database.url)
    const stager = createStager({ keySecret, columns: 2, sets: [[0, 1], [1]] })
    const staging = async function* () {
      for await (const chunk of source.copyOut({ table: 'people' }, ['id', 'name', 'score'])) {
        const staged = stager.push(chunk)
        if (staged) yield staged
      }
      yield stager.finish()
    }
    await pipeline(Readable.from(staging()), await sql.unsafe('copy stage from stdin (format binary)').writable())
    const [counts] = await sql`
      select count(*)::int as rows, count(distinct member_key)::int as keys, count(distinct f0)::int as f0,
        count(distinct f1)::int as f1, count(distinct row)::int as different from stage`
    expect(counts).toEqual({ rows: 20_000, keys: 20_000, f0: 20_000, f1: 20_000, different: 20_000 })
    const [one] = await sql<
      { row: Buffer }[]
    >`select row from stage where member_key = ${memberKeyOf(keySecret, 'm4711')}`
    expect(decodeRow(one?.row ?? Buffer.alloc(0))).toEqual(['Tab\t4711', '4711'])
  })
})
