import { digestOfHex, isSha256, sha256Digest } from '../identity/hash.ts'
import { memo } from '../identity/memo.ts'
import { createPacker, digestCell, digestToken, sentCell, strongToken } from '../identity/packed.ts'
import { isPhoneCountry } from '../identity/phone.ts'
import { normaliseBy } from '../identity/prepare.ts'
import { Refusal } from '../identity/refusal.ts'
import type { Identifier, Identifiers } from './define.ts'

/** Platform identifier ← field of the audience. */
export type Mapping = Readonly<Record<string, string>>

/** What of a member may be sent, or why nothing can: "email: no @; phone: empty" (fields and causes, never a value). */
export type Prepared = { readonly packed: Buffer; readonly strong: readonly bigint[] } | { readonly unusable: string }

type Column = {
  readonly at: number
  readonly field: string
  readonly code: number
  readonly strong: boolean
  readonly hashed: boolean
  /** Of a raw value the digest, where hashed and strong, the whole cell, where hashed and not, else what is sent; '' when nothing is left of it. */
  readonly ready: (raw: string) => string | Refusal
}

function readyOf(identifier: Identifier, country: string | undefined): Column['ready'] {
  if (identifier.sent === 'plain') return (raw) => normaliseBy(identifier, raw, country)
  const digest = (raw: string): string | Refusal => {
    const normalised = normaliseBy(identifier, raw, country)
    if (normalised === '' || typeof normalised !== 'string') return normalised
    return isSha256(normalised) ? digestOfHex(normalised) : sha256Digest(normalised)
  }
  // Strong identifiers hardly repeat: remembering them would only cost memory.
  if (identifier.role === 'strong') return digest
  return memo((raw) => {
    const made = digest(raw)
    return typeof made === 'string' && made !== '' ? digestCell(identifier.code, made) : made
  })
}

function columnsOf({ identifiers, mapping, fields, country }: Plan): readonly Column[] {
  const known = Object.keys(identifiers)
  for (const name of Object.keys(mapping)) {
    if (!known.includes(name))
      throw new Error(`${name} is not an identifier of this platform: it has ${known.join(', ')}.`)
  }
  return Object.entries(identifiers)
    .filter(([name]) => mapping[name] !== undefined)
    .sort(([, a], [, b]) => a.code - b.code)
    .map(([name, identifier]) => {
      const field = mapping[name] ?? ''
      const at = fields.indexOf(field)
      if (at < 0) throw new Error(`${name} is mapped to the field ${field}, which is not a field of this audience.`)
      return {
        at,
        field,
        code: identifier.code,
        strong: identifier.role === 'strong',
        hashed: identifier.sent === 'hashed',
        ready: readyOf(identifier, country),
      }
    })
}

/** Why no strong identifier is usable, each by its field and its cause. */
function whyUnusable(strong: readonly Column[], values: readonly (string | null)[]): string {
  const reasons = strong.map(({ at, field, ready }) => {
    const made = ready(values[at] ?? '')
    return `${field}: ${made instanceof Refusal ? made.reason : 'empty'}`
  })
  return [...new Set(reasons)].join('; ')
}

export type Plan = {
  readonly identifiers: Identifiers
  readonly mapping: Mapping
  /** The order of a staged row's values. */
  readonly fields: readonly string[]
  /** Default country of phone numbers, ISO alpha-2 in uppercase. */
  readonly country?: string | undefined
}

/**
 * Compiles a mapping to the function that prepares one staged row: normalised, hashed and packed by ascending code, with
 * a token for each strong identifier. A value that is empty or refused is left out; without any strong one the member
 * is unusable. Throws an Error that names an identifier, a field or a country that does not exist.
 */
export function compileMapping(plan: Plan): (values: readonly (string | null)[]) => Prepared {
  if (plan.country !== undefined && !isPhoneCountry(plan.country)) {
    throw new Error(`${plan.country} is not a country whose phone numbers are known: use a code such as US or DE.`)
  }
  const columns = columnsOf(plan)
  const strongColumns = columns.filter(({ strong }) => strong)
  if (strongColumns.length === 0) {
    const strong = Object.entries(plan.identifiers).filter(([, { role }]) => role === 'strong')
    throw new Error(
      `Nothing that names a person is mapped: map at least one of ${strong.map(([name]) => name).join(', ')}.`,
    )
  }
  const packed = createPacker()
  return (values) => {
    let cells = ''
    const strong: bigint[] = []
    for (const { at, code, hashed, ready, strong: isStrong } of columns) {
      const raw = values[at]
      if (raw === null || raw === undefined || raw === '') continue
      const value = ready(raw)
      if (value === '' || typeof value !== 'string') continue
      if (!hashed) cells += sentCell(code, value)
      else cells += isStrong ? digestCell(code, value) : value
      if (isStrong) strong.push(hashed ? digestToken(code, value) : strongToken(code, value))
    }
    return strong.length > 0 ? { packed: packed(cells), strong } : { unusable: whyUnusable(strongColumns, values) }
  }
}

const plainName = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** A mapping by the usual names of fields; identifiers without a field of such a name are left out. */
export function suggestMapping(identifiers: Identifiers, fieldNames: readonly string[]): Record<string, string> {
  const fieldOf = new Map([...fieldNames].reverse().map((field) => [plainName(field), field]))
  return Object.fromEntries(
    Object.entries(identifiers).flatMap(([name, { fields }]) => {
      const field = [name, ...fields].map((usual) => fieldOf.get(plainName(usual))).find((found) => found !== undefined)
      return field === undefined ? [] : [[name, field]]
    }),
  )
}

/** Text that changes when, and only when, the same row could be prepared differently: it salts fingerprints. */
export const mappingVersion = (rules: {
  readonly normaliserVersion: number
  readonly mapping: Mapping
  readonly country?: string | undefined
}): string =>
  JSON.stringify([
    rules.normaliserVersion,
    rules.country ?? null,
    Object.entries(rules.mapping).sort(([a], [b]) => (a < b ? -1 : 1)),
  ])
