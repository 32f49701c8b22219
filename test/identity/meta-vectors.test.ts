import { describe, expect, it } from 'vitest'
import type { Identifiers } from '../../destinations/define.ts'
import { eventIdentifiers, identifiers } from '../../destinations/meta/identifiers.ts'
import { normaliseBy, sentBy } from '../../identity/prepare.ts'
import { Refusal } from '../../identity/refusal.ts'
import { sentOf, vectorsOf } from './vectors.ts'

const table: Identifiers = { ...identifiers, ...eventIdentifiers }
const vectors = vectorsOf('meta')

describe('the vectors of Meta', () => {
  it('are all there', () => expect(vectors.length).toBe(71))

  it.each(vectors)('$key $input', (vector) => {
    const rule = table[vector.key]
    if (!rule) throw new Error(`no identifier ${vector.key}`)
    const normalised = normaliseBy(rule, vector.input, vector.country)
    expect(normalised instanceof Refusal ? null : normalised).toBe(vector.normalised)
    const sent = typeof normalised === 'string' && normalised !== '' ? sentBy(rule, normalised) : null
    expect(sent).toBe(sentOf(vector))
  })
})

it('gives every identifier a code of its own', () => {
  const codes = Object.values(table).map(({ code }) => code)
  expect(new Set(codes).size).toBe(codes.length)
  expect(codes.every((code) => code >= 1 && code <= 255)).toBe(true)
})
