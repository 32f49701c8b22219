import type { Identifier, Identifiers } from '../destinations/define.ts'
import { type Mapping, wholes } from '../destinations/mapping.ts'
import { normaliseBy } from '../identity/prepare.ts'
import { Refusal } from '../identity/refusal.ts'
import type { Sample } from './members-sample.ts'

export type Reasons = { reason: string; members: number }[]
export type Usability = {
  /** Members with at least one usable identifier that names a person. */
  usable: number
  unusable: number
  reasons: Reasons
  identifiers: {
    identifier: string
    field: string
    usable: number
    empty: number
    refused: number
    reasons: Reasons
    /** How many values mean something else in another default country: phone numbers without a country code. */
    withoutCountry: number
  }[]
}

/** What values are read by: the audience's default country and the destination's settings. */
type Reading = {
  readonly country: string | undefined
  readonly settings?: Readonly<Record<string, unknown>> | undefined
}

/** Says of a sample who could be sent by a mapping, by which identifier, and why the others could not. */
export function usabilityOf(
  { identifiers }: { readonly identifiers: Identifiers },
  mapping: Mapping,
  { columns, rows }: Sample,
  { country, settings }: Reading,
): Usability {
  const mapped = Object.entries(mapping).flatMap(([name, field]) => {
    const identifier = identifiers[name]
    return identifier ? [{ name, field, identifier, at: columns.findIndex((column) => column.name === field) }] : []
  })
  const verdicts = mapped.map(({ identifier, at }) =>
    rows.map((row) => verdictOf(identifier, row[at] ?? '', { country, settings })),
  )
  const naming = mapped.flatMap(({ identifier: { role, partOf }, field }, index) =>
    role === 'strong' || partOf !== undefined ? [{ field, index, partOf }] : [],
  )
  const words = wholes(identifiers, mapping)
  const whyNot = rows.flatMap((_, row) => {
    const said = naming.map((one) => ({ ...one, usable: verdicts[one.index]?.[row] === 'usable' }))
    const alone = said.some(({ partOf, usable }) => partOf === undefined && usable)
    const together = words.some((word) => said.every(({ partOf, usable }) => partOf !== word || usable))
    if (alone || together) return []
    const missing = said.filter(({ usable }) => !usable)
    return [
      missing.map(({ field, index }) => `${field}: ${verdicts[index]?.[row]}`).join('; ') ||
        'nothing that names a person is mapped',
    ]
  })
  return {
    usable: rows.length - whyNot.length,
    unusable: whyNot.length,
    reasons: ranked(whyNot),
    identifiers: mapped.map(({ name, field, identifier, at }, index) => {
      const said = verdicts[index] ?? []
      const refused = said.filter((verdict) => verdict !== 'usable' && verdict !== 'empty')
      return {
        identifier: name,
        field,
        usable: said.filter((verdict) => verdict === 'usable').length,
        empty: said.filter((verdict) => verdict === 'empty').length,
        refused: refused.length,
        reasons: ranked(refused),
        withoutCountry: rows.filter((row) => dependsOnCountry(identifier, row[at] ?? '')).length,
      }
    }),
  }
}

function verdictOf(identifier: Identifier, raw: string, { country, settings }: Reading): string {
  const normalised = normaliseBy(identifier, raw, country, settings)
  if (normalised instanceof Refusal) return normalised.reason
  return normalised === '' ? 'empty' : 'usable'
}

// Whatever reads the same with two countries as far apart as these needs none; no identifier has to be known by name.
function dependsOnCountry(identifier: Identifier, raw: string): boolean {
  if (identifier.role !== 'strong' || raw === '') return false
  const [one, other] = [normaliseBy(identifier, raw, 'US'), normaliseBy(identifier, raw, 'DE')]
  return reading(one) !== reading(other)
}

const reading = (normalised: string | Refusal) => (typeof normalised === 'string' ? normalised : '')

function ranked(reasons: readonly string[]): Reasons {
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts]
    .map(([reason, members]) => ({ reason, members }))
    .sort((a, b) => b.members - a.members)
    .slice(0, 20)
}
