import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Identifiers } from '../../destinations/define.ts'
import { eventIdentifiers, identifiers } from '../../destinations/meta/identifiers.ts'
import { normaliseBy, sentBy } from '../../identity/prepare.ts'

const table: Identifiers = { ...identifiers, ...eventIdentifiers }

const oddCharacter = fc.constantFrom(
  ...[
    '\u200b',
    '\u202e',
    '\u00a0',
    '\ufeff',
    '\ud800',
    '\udfff',
    '\u0301',
    '\u0130',
    '\u03a3',
    '\uff11',
    '\ufe0f',
    '\u0000',
  ],
  ...['@', '.', '-', ' ', '+', '0', '9', 'a', 'Z', '\u00df', '\ufb01', '\u1e9e', '\u212a', '\u0345', '\u1ff7'],
)
const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.array(oddCharacter, { maxLength: 70 }).map((all) => all.join('')),
  fc.emailAddress(),
  fc.stringMatching(/^[ 0+]{0,3}[0-9() .-]{5,18}$/),
  fc.stringMatching(/^[0-9a-fA-F]{63,65}$/),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10)),
)
const country = fc.constantFrom(undefined, 'US', 'DE', 'IT', 'AR')

describe.each(Object.entries(table))('%s', (_, rule) => {
  it('takes any text, and its own output unchanged', () => {
    fc.assert(
      fc.property(anything, country, (raw, country) => {
        const normalised = normaliseBy(rule, raw, country)
        if (typeof normalised !== 'string' || normalised === '') return
        expect(normaliseBy(rule, normalised)).toBe(normalised)
        expect(normalised).not.toMatch(/\p{Cs}/u)
      }),
      { numRuns: 400 },
    )
  })

  it('sends the same for a value and for what was sent for it', () => {
    fc.assert(
      fc.property(anything, (raw) => {
        const normalised = normaliseBy(rule, raw)
        if (typeof normalised !== 'string' || normalised === '') return
        const sent = sentBy(rule, normalised)
        expect(sent).not.toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
        if (rule.sent === 'plain') expect(sent).toBe(normalised)
        else {
          expect(sent).toMatch(/^[0-9a-f]{64}$/)
          const again = normaliseBy(rule, sent.toUpperCase())
          expect(typeof again === 'string' && sentBy(rule, again)).toBe(sent)
        }
      }),
      { numRuns: 200 },
    )
  })
})
