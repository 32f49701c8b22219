import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Cell } from '../../sandbox/held-rows.ts'
import { holdRows } from '../../sandbox/held-rows.ts'

const strong = ['EMAIL', 'EXTERN_ID']
const isStrong = (key: string) => strong.includes(key)

/** The same rules said slowly: a list of objects, searched each time. */
function slowRows() {
  let rows: Record<string, string>[] = []
  const same = (a: object, b: object) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
  const sorted = (row: object) => Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    add: (row: Record<string, string>) => {
      if (!rows.some((held) => same(held, row))) rows.push(row)
    },
    remove: (row: Record<string, string>) => {
      const keys = strong.filter((key) => key in row)
      rows = rows.filter((held) => (keys.length > 0 ? !keys.some((key) => held[key] === row[key]) : !same(held, row)))
    },
    all: () => rows,
  }
}

const value = fc.oneof(
  fc.constantFrom('a', 'b', 'c'),
  fc.constantFrom('\u001e', '\u001f', '\u001d1', 'a\u001eEMAIL\u001fb'),
)
const row = fc
  .record({ EMAIL: value, EXTERN_ID: value, FN: value, ZIP: value }, { requiredKeys: [] })
  .filter((row) => Object.keys(row).length > 0)
const steps = fc.array(fc.record({ act: fc.constantFrom('add' as const, 'remove' as const), row }), {
  maxLength: 40,
  size: 'max',
})

describe('the rows that a list holds', () => {
  it('are what the rules say, after any adds and removals', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const rows = holdRows(isStrong)
        const slow = slowRows()
        for (const { act, row } of taken) {
          rows[act](Object.entries(row) as Cell[])
          slow[act](row)
        }
        expect(rows.page(0, 1_000).members).toEqual(slow.all())
        expect(rows.size).toBe(slow.all().length)
      }),
      { numRuns: 500 },
    )
  })

  it('are removed as equals where a removal names nobody for sure', () => {
    const rows = holdRows(isStrong)
    rows.add([['FN', 'a']])
    rows.add([
      ['FN', 'a'],
      ['EMAIL', 'a'],
    ])
    rows.remove([['FN', 'a']])
    expect(rows.page(0, 10).members).toEqual([{ EMAIL: 'a', FN: 'a' }])
  })

  it('are read page by page without loss, also when rows leave in between', () => {
    const rows = holdRows(isStrong)
    for (let index = 0; index < 10; index++) rows.add([['EMAIL', String(index)]])
    const first = rows.page(0, 4)
    rows.remove([['EMAIL', '1']])
    const rest = rows.page(first.next ?? 0, 100)
    expect(first.members.map(({ EMAIL }) => EMAIL)).toEqual(['0', '1', '2', '3'])
    expect(rest).toEqual({ members: ['4', '5', '6', '7', '8', '9'].map((EMAIL) => ({ EMAIL })), next: null })
  })

  it('take the latest description of an equal row', () => {
    const rows = holdRows(isStrong)
    rows.add([['EMAIL', 'a']], { DATA_PROCESSING_OPTIONS: ['LDU'] })
    rows.add([['EMAIL', 'a']], { DATA_PROCESSING_OPTIONS: [] })
    expect(rows.page(0, 10).members).toEqual([{ EMAIL: 'a', DATA_PROCESSING_OPTIONS: [] }])
  })
})
