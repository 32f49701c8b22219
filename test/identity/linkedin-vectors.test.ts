import { describe, expect, it } from 'vitest'
import type { Identifiers } from '../../destinations/define.ts'
import { identifiers } from '../../destinations/linkedin/identifiers.ts'
import { normaliseBy, sentBy } from '../../identity/prepare.ts'
import { Refusal } from '../../identity/refusal.ts'
import { sentOf, vectorsOf } from './vectors.ts'

const table: Identifiers = identifiers
const vectors = vectorsOf('linkedin')

describe('the vectors of LinkedIn', () => {
  it('are all there', () => expect(vectors.length).toBe(3))

  it.each(vectors)('$key $input', (vector) => {
    const rule = table[vector.key]
    if (!rule) throw new Error(`no identifier ${vector.key}`)
    const normalised = normaliseBy(rule, vector.input)
    expect(normalised).toBe(vector.normalised)
    expect(typeof normalised === 'string' && sentBy(rule, normalised)).toBe(sentOf(vector))
  })
})

describe('a company', () => {
  it.each([
    ['https://www.Example.test/about?x=1', 'example.test'],
    ['EXAMPLE.test', 'example.test'],
    ['info@example.test', 'example.test'],
    ['b\u00fccher.example', 'xn--bcher-kva.example'],
    ['', ''],
  ])('is named by the domain of %j', (raw, domain) => {
    expect(normaliseBy(identifiers.COMPANY_DOMAIN, raw)).toBe(domain)
  })

  it.each(['example', '192.0.2.1', 'a b.test', 'http://'])('is not named by %j', (raw) => {
    expect(normaliseBy(identifiers.COMPANY_DOMAIN, raw)).toBeInstanceOf(Refusal)
  })

  it('is named by its number at LinkedIn or the URN of it', () => {
    expect(normaliseBy(identifiers.ORGANIZATION, ' 1035 ')).toBe('urn:li:organization:1035')
    expect(normaliseBy(identifiers.ORGANIZATION, 'urn:li:organization:1035')).toBe('urn:li:organization:1035')
    expect(normaliseBy(identifiers.ORGANIZATION, 'Acme')).toBeInstanceOf(Refusal)
  })
})
