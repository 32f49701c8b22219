import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chaskey, chaskeyKey, chaskeySlack } from '../../db/chaskey.ts'
import { connect, type Database } from '../../db/connect.ts'
import { loadMemberKeySecret, memberKeyBytes, memberKeyOf } from '../../db/member-key.ts'
import { createSeal } from '../../db/seal.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'

// Nicky Mouha's chaskey12.c: the first 8 bytes of the code of 0, 1, 2, … up to `length` bytes.
const vectors = [
  'dd3e1849d6824555',
  'ed1da89ec93179ca',
  '98fe20a343cd666f',
  'f6f418acdd7d9fa1',
  '4cf04960099949f3',
  '75c83252653d3b57',
  '964b0461fbe92273',
  '141fa08bbf399636',
  '412d98ed936d4ab2',
  'fb0d98bc70e305f9',
  '36f88e1fda86c8ab',
  '4d1a1815868a5aa8',
  '7a7912c1999eae81',
  '9ca11137b4a34601',
  '7905142f3be77e67',
  '6a3ee3d35c043397',
  'd13970d7be9b2350',
]

describe('chaskey', () => {
  const key = chaskeyKey(Buffer.from('00112233445566778899aabbccddeeff', 'hex'))

  function codeOf(bytes: Uint8Array, behind: number): string {
    const message = new Uint8Array(bytes.length + chaskeySlack).fill(behind)
    message.set(bytes)
    const code = Buffer.alloc(16)
    chaskey(key, new DataView(message.buffer), 0, bytes.length, new DataView(code.buffer, code.byteOffset, 16), 0)
    return code.toString('hex')
  }

  it.each(vectors.map((code, length) => [length, code] as const))(
    'agrees with the published code of %i bytes',
    (length, code) => {
      const bytes = Uint8Array.from({ length }, (_, i) => i)
      expect(codeOf(bytes, 0).slice(0, 16)).toBe(code)
      expect(codeOf(bytes, 0xff)).toBe(codeOf(bytes, 0))
    },
  )

  it('is the standard construction over several blocks, written down the slow way', () => {
    for (let length = 17; length < 70; length++) {
      const bytes = createHash('shake128', { outputLength: length }).update(String(length)).digest()
      expect(codeOf(bytes, 0xaa)).toBe(slowChaskey(bytes))
    }
  })

  /** With BigInt and by the words of the standard. */
  function slowChaskey(message: Buffer): string {
    const k = Buffer.from('00112233445566778899aabbccddeeff', 'hex')
    const number = (bytes: Buffer) => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
    const twice = (x: bigint) => ((x << 1n) & ((1n << 128n) - 1n)) ^ (x >> 127n ? 0x87n : 0n)
    const k1 = twice(number(k))
    const blocks: Buffer[] = []
    for (let at = 0; at < message.length; at += 16) blocks.push(message.subarray(at, at + 16))
    const last = blocks.pop() ?? Buffer.alloc(0)
    const padded = last.length === 16 ? last : Buffer.concat([last, Buffer.from([1]), Buffer.alloc(15 - last.length)])
    const subkey = last.length === 16 ? k1 : twice(k1)
    let state = number(k)
    for (const block of blocks) state = permuted(state ^ number(block))
    state = permuted(state ^ number(padded) ^ subkey) ^ subkey
    return Buffer.from(state.toString(16).padStart(32, '0'), 'hex').reverse().toString('hex')
  }

  function permuted(state: bigint): bigint {
    const mask = 0xffffffffn
    const rotl = (x: bigint, by: bigint) => ((x << by) | (x >> (32n - by))) & mask
    const v = [0n, 32n, 64n, 96n].map((by) => (state >> by) & mask) as [bigint, bigint, bigint, bigint]
    for (let round = 0; round < 12; round++) {
      v[0] = (v[0] + v[1]) & mask
      v[1] = rotl(v[1], 5n) ^ v[0]
      v[0] = rotl(v[0], 16n)
      v[2] = (v[2] + v[3]) & mask
      v[3] = rotl(v[3], 8n) ^ v[2]
      v[0] = (v[0] + v[3]) & mask
      v[3] = rotl(v[3], 13n) ^ v[0]
      v[2] = (v[2] + v[1]) & mask
      v[1] = rotl(v[1], 7n) ^ v[2]
      v[2] = rotl(v[2], 16n)
    }
    return v[0] | (v[1] << 32n) | (v[2] << 64n) | (v[3] << 96n)
  }
})

describe('member keys', () => {
  const secret = Buffer.alloc(32, 7)

  it('never change: another one would make every member look new', () => {
    expect(memberKeyOf(secret, 'member-1')).toMatchInlineSnapshot(`"9a6843af-3ad4-42d5-b18b-479157f9b0e9"`)
    expect(memberKeyOf(secret, 'Ünï 👋🏽')).toMatchInlineSnapshot(`"c09e2092-a500-7b7e-43a9-0af447bb514f"`)
    expect(memberKeyOf(secret, '1').replaceAll('-', '')).toBe(memberKeyBytes(secret, '1').toString('hex'))
  })

  it('depend on the secret', () => {
    expect(memberKeyOf(Buffer.alloc(32, 8), 'member-1')).not.toBe(memberKeyOf(secret, 'member-1'))
  })
})

describe('the secret', () => {
  const seal = createSeal([Buffer.alloc(32, 1)])
  let database: TestDatabase
  let db: Database

  beforeAll(async () => {
    database = await createDatabase()
    db = connect(database.url)
  })
  afterAll(async () => {
    await db.end()
    await database.drop()
  })

  it('is made once, whoever asks first, and lies sealed', async () => {
    const all = await Promise.all([1, 2, 3, 4].map(() => loadMemberKeySecret(db.sql, seal)))
    const [first = Buffer.alloc(0)] = all
    expect(first).toHaveLength(32)
    for (const secret of [...all, await loadMemberKeySecret(db.sql, seal)]) expect(secret).toEqual(first)
    const [row] = await db.sql<{ sealed: Buffer }[]>`select sealed from secret where name = 'member_key'`
    expect(row?.sealed.includes(first)).toBe(false)
    expect(row?.sealed.toString('latin1')).not.toContain(first.toString('hex'))
  })

  it('cannot be read with another encryption key', async () => {
    await expect(loadMemberKeySecret(db.sql, createSeal([Buffer.alloc(32, 2)]))).rejects.toThrow('ENCRYPTION_KEY')
  })
})
