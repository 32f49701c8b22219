import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileMapping, mappingVersion, suggestMapping } from '../../destinations/mapping.ts'
import { identifiers } from '../../destinations/meta/identifiers.ts'
import { strongToken, unpack } from '../../identity/packed.ts'
import { normaliseBy, sentBy } from '../../identity/prepare.ts'

const fields = ['email', 'phone', 'first_name', 'zip', 'id']
const mapping = { ZIP: 'zip', EMAIL: 'email', PHONE: 'phone', FN: 'first_name', EXTERN_ID: 'id' }
const compiled = (changes: Partial<Parameters<typeof compileMapping>[0]> = {}) =>
  compileMapping({ identifiers, mapping, fields, ...changes })

const sha = (name: keyof typeof identifiers, normalised: string) => sentBy(identifiers[name], normalised)

describe('a prepared member', () => {
  it('holds what may be sent, by code, and a token for each strong identifier', () => {
    const member = compiled()([' Jane@Example.test', '+49 30 123456', 'Jos\u00e9', '94035-1234', 'c-1'])
    if ('unusable' in member) throw new Error(member.unusable)
    expect(unpack(member.packed)).toEqual([
      [1, sha('EMAIL', 'jane@example.test')],
      [2, sha('PHONE', '4930123456')],
      [8, sha('FN', 'jos\u00e9')],
      [12, sha('ZIP', '94035')],
      [15, 'c-1'],
    ])
    expect(member.strong).toEqual([
      strongToken(1, sha('EMAIL', 'jane@example.test')),
      strongToken(2, sha('PHONE', '4930123456')),
      strongToken(15, 'c-1'),
    ])
  })

  it('leaves out what is empty or refused', () => {
    const member = compiled()(['no address', null, '', 'x', 'c-1'])
    expect('packed' in member && unpack(member.packed)).toEqual([[15, 'c-1']])
  })

  it('shares its token with another member of the same e-mail, hashed before or not', () => {
    const prepare = compiled()
    const one = prepare(['jane@example.test', null, null, null, null])
    const other = prepare([sha('EMAIL', 'jane@example.test').toUpperCase(), null, null, null, null])
    expect('strong' in one && one.strong).toEqual('strong' in other && other.strong)
  })

  it('reads phones by the default country', () => {
    const member = compiled({ country: 'US', mapping: { PHONE: 'phone' } })([null, '(650)555-1212'])
    expect('packed' in member && unpack(member.packed)).toEqual([[2, sha('PHONE', '16505551212')]])
  })

  it('is what normalising and hashing each value gives, for any row', () => {
    const prepare = compiled()
    const cell = fc.option(fc.oneof(fc.string(), fc.emailAddress(), fc.string({ unit: 'grapheme' })))
    fc.assert(
      fc.property(fc.tuple(cell, cell, cell, cell, cell), (values) => {
        const wanted = Object.entries(identifiers).flatMap(([name, rule]) => {
          const field = Object.entries(mapping).find(([of]) => of === name)?.[1]
          const normalised = normaliseBy(rule, values[fields.indexOf(field ?? '')] ?? '')
          return field && typeof normalised === 'string' && normalised !== ''
            ? [[rule.code, sentBy(rule, normalised)]]
            : []
        })
        const member = prepare(values)
        if ('packed' in member) expect(unpack(member.packed)).toEqual(wanted)
        else expect(wanted.every(([code]) => code !== 1 && code !== 2 && code !== 15)).toBe(true)
      }),
    )
  })
})

describe('an unusable member', () => {
  it.each([
    [['nobody', null, 'Jane', '94035', null], 'email: no @; phone: empty; id: empty'],
    [['a@@b', '+000', 'Jane', '94035', '  '], 'email: two @; phone: empty; id: empty'],
    [[], 'email: empty; phone: empty; id: empty'],
  ])('%j', (values, unusable) => expect(compiled()(values)).toEqual({ unusable }))

  it('leaves nothing behind in the next member', () => {
    const prepare = compiled()
    prepare(['nobody', null, 'Jane', '94035', null])
    const next = prepare([null, null, null, null, 'c-2'])
    expect('packed' in next && unpack(next.packed)).toEqual([[15, 'c-2']])
  })

  it('is never told by its value', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^canary[a-z0-9@. ]{3,20}$/), (raw) => {
        const member = compiled({ mapping: { EMAIL: 'email' } })([raw])
        if ('unusable' in member) expect(member.unusable).not.toContain('canary')
      }),
    )
  })
})

describe('a mapping that cannot work', () => {
  it.each([
    [{ mapping: { SHOE_SIZE: 'email' } }, 'SHOE_SIZE is not an identifier'],
    [{ mapping: { toString: 'email' } }, 'toString is not an identifier'],
    [{ mapping: { EMAIL: 'mail' } }, 'the field mail, which is not a field'],
    [{ mapping: { FN: 'first_name' } }, 'at least one of EMAIL, PHONE, MADID, EXTERN_ID'],
    [{ country: 'XX' }, 'XX is not a country'],
  ])('%j', (changes, sentence) => expect(() => compiled(changes)).toThrow(sentence))
})

it('suggests a mapping by usual names', () => {
  expect(suggestMapping(identifiers, ['id', 'E-Mail', 'firstName', 'Postal Code', 'shoe_size'])).toEqual({
    EMAIL: 'E-Mail',
    FN: 'firstName',
    FI: 'firstName',
    ZIP: 'Postal Code',
  })
})

it('versions a mapping by what can change its outcome, not by its order', () => {
  const rules = { normaliserVersion: 1, mapping: { EMAIL: 'email', PHONE: 'phone' }, country: 'US' }
  expect(mappingVersion({ ...rules, mapping: { PHONE: 'phone', EMAIL: 'email' } })).toBe(mappingVersion(rules))
  const others = [
    { ...rules, normaliserVersion: 2 },
    { ...rules, country: 'DE' },
    { ...rules, country: undefined },
    { ...rules, mapping: { EMAIL: 'phone', PHONE: 'email' } },
  ].map(mappingVersion)
  expect(new Set([mappingVersion(rules), ...others]).size).toBe(5)
})

describe('identifiers that name a person only together', () => {
  const part = {
    label: '',
    rule: '',
    normalise: (raw: string) => raw,
    sent: 'plain',
    role: 'matching',
    fields: [],
  } as const
  const parts = {
    MAIL: { ...part, code: 1, role: 'strong' },
    FIRST: { ...part, code: 2, partOf: 'address' },
    ZIP: { ...part, code: 3, partOf: 'address' },
  } as const
  const prepare = (mapping: Record<string, string>) =>
    compileMapping({ identifiers: parts, mapping, fields: ['mail', 'first', 'zip'] })
  const all = prepare({ MAIL: 'mail', FIRST: 'first', ZIP: 'zip' })
  const packedOf = (member: ReturnType<typeof all>) => ('packed' in member ? unpack(member.packed) : member)

  it('are sent all or not at all', () => {
    expect(packedOf(all(['m', 'f', 'z']))).toEqual([
      [1, 'm'],
      [2, 'f'],
      [3, 'z'],
    ])
    expect(packedOf(all(['m', 'f', null]))).toEqual([[1, 'm']])
    expect(packedOf(prepare({ MAIL: 'mail', FIRST: 'first' })(['m', 'f', 'z']))).toEqual([[1, 'm']])
  })

  it('name somebody without any strong identifier, and tell who shares them', () => {
    const [one, other, third] = [all([null, 'f', 'z']), all(['m', 'f', 'z']), all([null, 'f', 'y'])]
    const strong = (member: typeof one) => ('strong' in member ? member.strong : [])
    expect(packedOf(one)).toEqual([
      [2, 'f'],
      [3, 'z'],
    ])
    expect(strong(other)).toEqual(expect.arrayContaining([...strong(one)]))
    expect(strong(third)).not.toEqual(strong(one))
    expect(all([null, 'f', null])).toEqual({ unusable: 'mail: empty; zip: empty' })
  })

  it('name nobody where a part is not mapped', () => {
    expect(() => prepare({ FIRST: 'first' })).toThrow('all of FIRST and ZIP')
  })
})
