import { digestOfHex, isSha256, sha256Digest } from '../identity/hash.ts'
import { memo } from '../identity/memo.ts'
import { createPacker, digestCell, digestToken, sentCell, strongToken } from '../identity/packed.ts'
import { isPhoneCountry } from '../identity/phone.ts'
import { normaliseBy } from '../identity/prepare.ts'
import type { Refusal } from '../identity/refusal.ts'
import type { Identifier, Identifiers } from './define.ts'

/** Platform identifier ← field of the audience. */
export type Mapping = Readonly<Record<string, string>>

/** What of a member may be sent, or why nothing can: "email: no @; phone: empty" (fields and causes, never a value). */
export type Prepared =
  | {
      readonly packed: Buffer
      readonly strong: readonly bigint[]
      /** Packed plain values that name a person, to be sealed; of each of them `packed` has the hash. */
      readonly plain?: Buffer
      /** Members of different groups never share a batch; '' where nothing groups them. */
      readonly group: string
    }
  | { readonly unusable: string }

type Column = {
  readonly at: number
  readonly field: string
  readonly code: number
  readonly strong: boolean
  readonly hashed: boolean
  readonly sealed: boolean
  readonly groups: boolean
  /** Names a person only together with the other columns of this word. */
  readonly partOf: string | undefined
  /** Of a raw value the digest, where hashed and strong, the whole cell, where hashed and not, else what is sent; '' when nothing is left of it. */
  readonly ready: (raw: string) => string | Refusal
}

type Settings = Readonly<Record<string, unknown>>

function readyOf(identifier: Identifier, country: string | undefined, settings: Settings | undefined): Column['ready'] {
  if (identifier.sent === 'plain') return (raw) => normaliseBy(identifier, raw, country, settings)
  const digest = (raw: string): string | Refusal => {
    const normalised = normaliseBy(identifier, raw, country, settings)
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

function columnsOf({ identifiers, mapping, fields, country, settings }: Plan): readonly Column[] {
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
        sealed: identifier.sealed ?? false,
        groups: identifier.groups ?? false,
        partOf: identifier.partOf,
        ready: readyOf(identifier, country, settings),
      }
    })
}

/** Why nothing that names the person is usable, each by its field and its cause. */
function whyUnusable(naming: readonly Column[], values: readonly (string | null)[]): string {
  const reasons = naming.flatMap(({ at, field, ready }) => {
    const made = ready(values[at] ?? '')
    return typeof made === 'string' && made !== ''
      ? []
      : [`${field}: ${typeof made === 'string' ? 'empty' : made.reason}`]
  })
  return [...new Set(reasons)].join('; ')
}

/** Words of identifiers that name a person together, of which a mapping has every part. */
export function wholes(identifiers: Identifiers, mapping: Mapping): string[] {
  const parts = Object.entries(identifiers).flatMap(([name, { partOf }]) =>
    partOf === undefined ? [] : [{ name, partOf }],
  )
  const words = [...new Set(parts.map(({ partOf }) => partOf))]
  return words.filter((word) => parts.every(({ name, partOf }) => partOf !== word || mapping[name] !== undefined))
}

/** Whether a mapping has anything that names a person: a strong identifier, or all parts of what names one together. */
export const namesPeople = (identifiers: Identifiers, mapping: Mapping): boolean =>
  Object.entries(identifiers).some(([name, { role }]) => role === 'strong' && mapping[name] !== undefined) ||
  wholes(identifiers, mapping).length > 0

/** What could name a person, for a sentence: 'email, phone, or all of first_name and last_name'. */
export function namingIdentifiers(identifiers: Identifiers): string {
  const entries = Object.entries(identifiers)
  const strong = entries.flatMap(([name, { role }]) => (role === 'strong' ? [name] : []))
  const words = new Set(entries.flatMap(([, { partOf }]) => (partOf === undefined ? [] : [partOf])))
  const together = [...words].map((word) =>
    entries.flatMap(([name, { partOf }]) => (partOf === word ? [name] : [])).join(' and '),
  )
  return [...strong, ...together.map((all) => `all of ${all}`)].join(', ')
}

export type Plan = {
  readonly identifiers: Identifiers
  readonly mapping: Mapping
  /** The order of a staged row's values. */
  readonly fields: readonly string[]
  /** Default country of phone numbers, ISO alpha-2 in uppercase. */
  readonly country?: string | undefined
  /** Of the destination: some normalisers leave a form to them. */
  readonly settings?: Settings | undefined
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
  const mapped = columnsOf(plan)
  if (!namesPeople(plan.identifiers, plan.mapping)) {
    throw new Error(
      `Nothing that names a person is mapped: map at least one of ${namingIdentifiers(plan.identifiers)}.`,
    )
  }
  const words = wholes(plan.identifiers, plan.mapping)
  // parts of which others are not mapped would never be sent
  const columns = mapped.filter(({ partOf }) => partOf === undefined || words.includes(partOf))
  const naming = columns.filter(({ strong, partOf }) => strong || partOf !== undefined)
  const together = words.map((word) => columns.filter(({ partOf }) => partOf === word))
  const packed = createPacker()
  return (values) => {
    let cells = ''
    let plain = ''
    let group = ''
    const strong: bigint[] = []
    // made only where a platform has identifiers that name somebody together: this is done for every row
    let cellsOf: Map<string, string> | undefined
    const usable = together.length > 0 ? usableWholes(together, values) : undefined
    for (const column of columns) {
      const { code, hashed, partOf, ready, strong: isStrong } = column
      if (partOf !== undefined && !usable?.includes(partOf)) continue
      const raw = values[column.at]
      if (raw === null || raw === undefined || raw === '') continue
      const value = ready(raw)
      if (value === '' || typeof value !== 'string') continue
      const cell = !hashed ? sentCell(code, value) : isStrong ? digestCell(code, value) : value
      if (column.sealed) plain += cell
      cells += column.sealed ? digestCell(code, sha256Digest(value)) : cell
      if (column.groups) group += cell
      if (partOf !== undefined) {
        cellsOf ??= new Map()
        cellsOf.set(partOf, (cellsOf.get(partOf) ?? '') + cell)
      }
      if (isStrong) strong.push(hashed ? digestToken(code, value) : strongToken(code, value))
    }
    if (cellsOf) for (const parts of cellsOf.values()) strong.push(strongToken(0, parts))
    if (strong.length === 0) return { unusable: whyUnusable(naming, values) }
    if (plain === '') return { packed: packed(cells), strong, group }
    return { packed: packed(cells), strong, group, plain: packed(plain) }
  }
}

/** The words of those identifiers that name a person together and of which this row has every part. */
const usableWholes = (together: readonly (readonly Column[])[], values: readonly (string | null)[]) =>
  together.filter((parts) => areAllUsable(parts, values)).map(([first]) => first?.partOf)

const areAllUsable = (parts: readonly Column[], values: readonly (string | null)[]): boolean =>
  parts.every(({ at, ready }) => {
    const raw = values[at]
    if (raw === null || raw === undefined || raw === '') return false
    const made = ready(raw)
    return typeof made === 'string' && made !== ''
  })

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
  /** The destination's settings that its normalisers read. */
  readonly settings?: Settings | undefined
}): string =>
  JSON.stringify([
    rules.normaliserVersion,
    rules.country ?? null,
    byName(rules.mapping),
    ...(rules.settings ? [byName(rules.settings)] : []),
  ])

const byName = (record: Settings) => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))

/** Of a destination's settings those that its normalisers read; undefined where they read none. */
export function normaliserSettings(
  { normaliserSettings: names }: { readonly normaliserSettings?: readonly string[] },
  settings: Settings,
): Settings | undefined {
  return names && Object.fromEntries(names.map((name) => [name, settings[name]]))
}
