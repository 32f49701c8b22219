import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPacker, differenceOf, pack, sentCell, strongToken, unpack, unpackRows } from '../../identity/packed.ts'

const digest = fc.stringMatching(/^[0-9a-f]{64}$/)
const value = fc.oneof(digest, fc.string(), fc.string({ unit: 'grapheme', maxLength: 300 }))
const entries = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 255 }), value), {
  selector: ([code]) => code,
  maxLength: 12,
})

describe('packed identifiers', () => {
  it('come back as they were', () => {
    fc.assert(fc.property(entries, (all) => void expect(unpack(pack(all))).toEqual(all)))
  })

  it('take 34 bytes for a hash', () => expect(pack([[1, 'ab'.repeat(32)]]).length).toBe(34))

  it('hold a value of 65,535 bytes and refuse a longer one', () => {
    const longest = 'x'.repeat(65_535)
    expect(unpack(pack([[7, longest]]))).toEqual([[7, longest]])
    expect(() => pack([[7, `${longest}x`]])).toThrow('65536 bytes')
  })

  it('stay what they are while later rows are packed', () => {
    const packer = createPacker()
    const wanted = Array.from({ length: 5_000 }, (_, row): [number, string][] => [
      [1, String(row).padStart(64, '0')],
      [15, row === 2_500 ? 'x'.repeat(65_535) : `customer ${row} \u00e9`],
    ])
    const rows = wanted.map((row) => packer(row.map(([code, sent]) => sentCell(code, sent)).join('')))
    expect(rows.map(unpack)).toEqual(wanted)
  })

  it('say so when they are damaged', () => {
    const whole = pack([
      [1, 'ab'.repeat(32)],
      [2, 'text'],
    ])
    for (let length = 1; length < whole.length; length++) {
      if (length === 34) continue
      expect(() => unpack(whole.subarray(0, length))).toThrow('damaged')
    }
    expect(() => unpack(Buffer.from([1, 9, 0, 0]))).toThrow('damaged')
  })
})

describe('rows of a batch', () => {
  const names = new Map([
    [1, 'EMAIL'],
    [2, 'PHONE'],
    [15, 'EXTERN_ID'],
  ])

  it('become columns by code, with a gap where a row has no value', () => {
    const rows = [
      pack([[15, 'x1']]),
      pack([
        [15, 'x2'],
        [1, 'ab'.repeat(32)],
      ]),
      pack([]),
    ]
    const { identifiers, valuesOf } = unpackRows(rows, names)
    expect(identifiers).toEqual(['EMAIL', 'EXTERN_ID'])
    expect(rows.map((_, row) => valuesOf(row))).toEqual([
      [undefined, 'x1'],
      ['ab'.repeat(32), 'x2'],
      [undefined, undefined],
    ])
  })

  it('are the same in any order, however many they are', () => {
    const rows = Array.from({ length: 7_001 }, (_, row) => pack([[15, `x${row}`]]))
    const { valuesOf } = unpackRows(rows, names)
    const order = [0, 2_999, 3_000, 7_000, 1, 6_000, 5_999]
    expect(order.map((row) => valuesOf(row))).toEqual(order.map((row) => [`x${row}`]))
  })

  it('name a code that the platform does not have', () => {
    expect(() => unpackRows([pack([[9, 'x']])], names)).toThrow('code 9')
  })
})

describe('the token of a strong identifier', () => {
  it('is signed 64 bit, the same for the same value, another for another value or kind', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(BigInt.asIntN(64, strongToken(1, a))).toBe(strongToken(1, a))
        expect(strongToken(1, a)).not.toBe(strongToken(2, a))
        expect(strongToken(1, a) === strongToken(1, b)).toBe(a === b)
      }),
    )
  })
})

describe('the difference of two packed values', () => {
  const isDescribing = (code: number) => code === 16
  const before = pack([
    [1, 'a'],
    [16, 'LDU'],
  ])

  it.each([
    ['none', before],
    [
      'none',
      pack([
        [16, 'LDU'],
        [1, 'a'],
      ]),
    ],
    ['describing', pack([[1, 'a']])],
    [
      'identifying',
      pack([
        [1, 'b'],
        [16, 'LDU'],
      ]),
    ],
    [
      'identifying',
      pack([
        [1, 'a'],
        [2, 'b'],
        [16, 'LDU'],
      ]),
    ],
  ] as const)('%s', (difference, after) => {
    expect(differenceOf(before, after, isDescribing)).toBe(difference)
    expect(differenceOf(after, before, isDescribing)).toBe(difference)
  })
})
