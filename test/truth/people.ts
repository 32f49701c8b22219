import { hash } from 'node:crypto'
import type { Random } from './random.ts'

/** A row of the source, as it is written there. */
export type Person = {
  readonly id: string
  readonly email: string | null
  readonly phone: string | null
  readonly first_name: string | null
  readonly ext: string | null
  readonly ldu: string | null
}
export type Fields = Omit<Person, 'id'>

export const columns = ['email', 'phone', 'first_name', 'ext', 'ldu'] as const satisfies readonly (keyof Fields)[]

/** What a sync sends: Meta's identifier to column. */
export type Mapping = Readonly<Record<string, keyof Fields>>

export const mappings: readonly Mapping[] = [
  { EMAIL: 'email', PHONE: 'phone' },
  { EMAIL: 'email' },
  { PHONE: 'phone' },
  { EMAIL: 'email', PHONE: 'phone', EXTERN_ID: 'ext' },
  { EMAIL: 'email', PHONE: 'phone', FN: 'first_name' },
  { EMAIL: 'email', PHONE: 'phone', DATA_PROCESSING_OPTIONS: 'ldu' },
]

export type Country = 'US' | 'DE' | null
export const countries: readonly Country[] = [null, 'US', 'DE']

const few = 12

/** The same few people turn up under many ids, so that identifiers are shared all the time. */
export function inventPerson(random: Random): Fields {
  return {
    email: random.weighted([
      [8, writtenEmail(random, random.below(few))],
      [1, null],
      [1, brokenEmail(random)],
    ]),
    phone: random.weighted([
      [6, writtenPhone(random, random.below(few))],
      [3, null],
      [1, random.pick(['', 'none', 'n/a'])],
    ]),
    first_name: random.pick(['Anna', 'BEN', ' eve ', null]),
    ext: random.weighted([
      [3, `c-${random.below(few)}`],
      [2, null],
    ]),
    ldu: random.pick(['yes', 'no', null]),
  }
}

export const brokenEmail = (random: Random) =>
  random.pick(['no-at-sign', 'two@@example.test', 'a b@example.test', '', '  '])

export const writtenEmail = (random: Random, person: number) =>
  random.pick([
    `person.${person}@example.test`,
    `Person.${person}@Example.TEST`,
    `  person.${person}@example.test `,
    `PERSON.${person}@EXAMPLE.TEST\t`,
  ])

const two = (n: number) => String(n).padStart(2, '0')

/** Numbers that name their country, and such that do not: a US number of ten digits, a German one with its zero. */
export const writtenPhone = (random: Random, person: number) =>
  random.pick([
    `+1 (650) 555-01${two(person)}`,
    `001-650-555-01${two(person)}`,
    `+16505550 1${two(person)}`,
    `(650) 555-01${two(person)}`,
    `650.555.01${two(person)}`,
    `+49 30 9018 20${two(person)}`,
    `030 / 9018 20${two(person)}`,
  ])

/** The same value, written in another way. */
export function rewritten(random: Random, value: string): string {
  return random.pick([value.toUpperCase(), ` ${value}`, `${value} `])
}

/*
 * The oracle: what Meta's rules make of the shapes above, written down here a second time on purpose. The product's own
 * normalisers have no part in it.
 */

export type Row = Readonly<Record<string, unknown>>

const sha = (text: string) => hash('sha256', text, 'hex')

const emailOf = (raw: string) => {
  const text = raw.trim().toLowerCase()
  return /^[a-z0-9.]+@[a-z]+\.test$/.test(text) ? sha(text) : undefined
}

function phoneOf(raw: string, country: Country): string | undefined {
  const text = raw.trim()
  const digits = text.replace(/[^0-9]/g, '')
  const bare = digits.replace(/^0+/, '')
  if (bare === '') return undefined
  if (text.startsWith('+') || text.startsWith('00') || country === null) return sha(bare)
  if (country === 'US') return sha(digits.length === 10 ? `1${digits}` : bare)
  return sha(digits.startsWith('0') ? `49${digits.slice(1)}` : `49${digits}`)
}

const rules: Readonly<Record<string, (raw: string, country: Country) => unknown>> = {
  EMAIL: emailOf,
  PHONE: phoneOf,
  EXTERN_ID: (raw) => raw.trim() || undefined,
  FN: (raw) => sha(raw.trim().toLowerCase()),
  DATA_PROCESSING_OPTIONS: (raw) => (raw === 'yes' ? ['LDU'] : undefined),
}

export const strong = ['EMAIL', 'PHONE', 'EXTERN_ID'] as const

/** The row of a member in a list at Meta; undefined for one of whom nothing strong is left. */
export function expectedRow(person: Fields, mapping: Mapping, country: Country): Row | undefined {
  const row: Record<string, unknown> = {}
  for (const [name, column] of Object.entries(mapping)) {
    const raw = person[column]
    const value = raw === null ? undefined : rules[name]?.(raw, country)
    if (value !== undefined) row[name] = value
  }
  return strong.some((name) => row[name] !== undefined) ? row : undefined
}

/** One text for equal rows. */
export const rowText = (row: Row): string =>
  JSON.stringify(
    Object.entries(row)
      .filter(([, value]) => !(Array.isArray(value) && value.length === 0))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )

/** Who a row is, without what only describes the person. */
export const identity = (row: Row): string => rowText({ ...row, DATA_PROCESSING_OPTIONS: [] })

/** What names the person of a row by itself. */
export const strongOf = (row: Row): string[] =>
  strong.flatMap((name) => (row[name] === undefined ? [] : [`${name} ${row[name]}`]))
