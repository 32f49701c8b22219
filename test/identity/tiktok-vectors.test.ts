import { describe, expect, it } from 'vitest'
import type { Identifiers } from '../../destinations/define.ts'
import { fileIdentifiers, identifiers } from '../../destinations/tiktok/identifiers.ts'
import { normaliseBy, sentBy } from '../../identity/prepare.ts'
import { sentOf, vectorsOf } from './vectors.ts'

const table: Identifiers = { ...identifiers, ...fileIdentifiers }
const vectors = vectorsOf('tiktok')

describe('the vectors of TikTok', () => {
  it('are all there', () => expect(vectors.length).toBe(4))

  it.each(vectors)('$key $input', (vector) => {
    const rule = table[vector.key]
    if (!rule) throw new Error(`no identifier ${vector.key}`)
    const normalised = normaliseBy(rule, vector.input)
    expect(normalised).toBe(vector.normalised)
    expect(typeof normalised === 'string' && sentBy(rule, normalised)).toBe(sentOf(vector))
  })
})

describe('a phone number for TikTok', () => {
  const phone = identifiers.PHONE_SHA256
  const read = (phoneFormat: string, country?: string) => normaliseBy(phone, '(657) 777-0000', country, { phoneFormat })

  it('has the form that the setting says, by default with a plus', () => {
    expect(normaliseBy(phone, '+374 93 828222')).toBe('+37493828222')
    expect(read('plus', 'US')).toBe('+16577770000')
    expect(read('digits', 'US')).toBe('16577770000')
    expect(sentBy(phone, '16577770000')).toBe('8d7bdaaf75196f351d22942fc0dd79304ffabc3eaf3339460ef9da0773e3aec2')
  })
})
