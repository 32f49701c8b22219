import { describe, expect, it } from 'vitest'
import type { Identifiers } from '../../destinations/define.ts'
import { identifiers } from '../../destinations/google/identifiers.ts'
import { normaliseBy, sentBy } from '../../identity/prepare.ts'
import { Refusal } from '../../identity/refusal.ts'
import { sentOf, vectorsOf } from './vectors.ts'

const table: Identifiers = identifiers
const vectors = vectorsOf('google')

describe('the vectors of Google', () => {
  it('are all there', () => expect(vectors.length).toBe(26))

  it.each(vectors)('$key $input', (vector) => {
    const rule = table[vector.key]
    if (!rule) throw new Error(`no identifier ${vector.key}`)
    const normalised = normaliseBy(rule, vector.input, vector.country)
    expect(normalised instanceof Refusal ? null : normalised).toBe(vector.normalised)
    const sent = typeof normalised === 'string' && normalised !== '' ? sentBy(rule, normalised) : null
    expect(sent).toBe(sentOf(vector))
  })
})

describe('a name for Google', () => {
  it.each([
    ['Smith PhD', 'smith'],
    ['Smith, Jr., MD', 'smith'],
    ['Smithmd', 'smithmd'],
    ["O'Neill-Vi", "o'neill-vi"],
    ['Dr. ', 'dr.'],
  ])('last_name %j is %j', (raw, bare) => expect(normaliseBy(identifiers.last_name, raw)).toBe(bare))

  it.each([
    ['Mrs. Anna Maria', 'anna maria'],
    ['Mr Anna', 'mr anna'],
    ['', ''],
  ])('first_name %j is %j', (raw, bare) => expect(normaliseBy(identifiers.first_name, raw)).toBe(bare))
})

describe('a consent for Google', () => {
  it.each([
    ['yes', 'CONSENT_GRANTED'],
    ['TRUE', 'CONSENT_GRANTED'],
    ['granted', 'CONSENT_GRANTED'],
    ['no', 'CONSENT_DENIED'],
    ['maybe', 'CONSENT_DENIED'],
    ['  ', ''],
  ])('%j is %j: only a yes is one', (raw, said) => expect(normaliseBy(identifiers.ad_user_data, raw)).toBe(said))
})
