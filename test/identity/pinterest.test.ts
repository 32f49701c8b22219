import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { identifiers } from '../../destinations/pinterest/identifiers.ts'
import { normaliseBy, sentBy } from '../../identity/prepare.ts'
import { Refusal } from '../../identity/refusal.ts'

// Pinterest has no rows in vectors.tsv: these follow its page, and hashes are those of the values in plain.
const { EMAIL, IDFA, MAID, LR_ID } = identifiers

describe('what Pinterest is sent', () => {
  it.each([
    [EMAIL, ' Anna+x@Example.TEST ', 'anna+x@example.test'],
    [IDFA, 'EA7583CD-A667-48BC-B806-42ECB2B48606', 'ea7583cd-a667-48bc-b806-42ecb2b48606'],
    [MAID, ' 38400000-8cf0-11bd-b23e-10b96e40000d ', '38400000-8cf0-11bd-b23e-10b96e40000d'],
    [LR_ID, ' XY1005Abc ', 'XY1005Abc'],
    [LR_ID, ' ', ''],
  ])('$label: %j', (rule, raw, normalised) => {
    expect(normaliseBy(rule, raw)).toBe(normalised)
  })

  it('is hashed, but for ids of partners', () => {
    expect(sentBy(EMAIL, 'a@example.test')).toMatch(/^[0-9a-f]{64}$/)
    expect(sentBy(MAID, '38400000-8cf0-11bd-b23e-10b96e40000d')).toMatch(/^[0-9a-f]{64}$/)
    expect(sentBy(LR_ID, 'XY1005Abc')).toBe('XY1005Abc')
  })

  it.each(['a,b', 'a b', 'a\nb'])('is one record: not %j', (raw) => {
    expect(normaliseBy(LR_ID, raw)).toBeInstanceOf(Refusal)
  })

  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.emailAddress(),
    fc.stringMatching(/^[ ,a-f0-9-]{1,40}$/),
    fc.stringMatching(/^[0-9a-fA-F]{63,65}$/),
  )
  it.each(Object.entries(identifiers))('%s never holds what would make two records of it', (_, rule) => {
    fc.assert(
      fc.property(anything, (raw) => {
        const normalised = normaliseBy(rule, raw)
        if (typeof normalised !== 'string' || normalised === '') return
        expect(normaliseBy(rule, normalised)).toBe(normalised)
        expect(sentBy(rule, normalised)).not.toMatch(/[,\s]/)
      }),
      { numRuns: 300 },
    )
  })
})
