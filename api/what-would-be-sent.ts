import type { AudienceRow } from '../db/queries/audience.ts'
import type { Identifier, Identifiers } from '../destinations/define.ts'
import type { Mapping } from '../destinations/mapping.ts'
import { normaliseBy, sentBy } from '../identity/prepare.ts'
import { Refusal } from '../identity/refusal.ts'
import { mask } from './mask.ts'
import type { Sample } from './members-sample.ts'

export type SampleMember = {
  fields: Record<string, string | null>
  sent: Record<string, string>
  usable: boolean
  why: string | null
}

const shown = { usable: 2, unusable: 2 }

/** Some members as a mapping would send them, usable ones first; nothing in it can name a person. */
export function whatWouldBeSent(
  { identifiers }: { readonly identifiers: Identifiers },
  mapping: Mapping,
  { columns, rows }: Sample,
  { defaultCountry }: Pick<AudienceRow, 'defaultCountry'>,
): SampleMember[] {
  const mapped = Object.entries(mapping).flatMap(([name, field]) => {
    const identifier = identifiers[name]
    return identifier ? [{ name, field, identifier, at: columns.findIndex((column) => column.name === field) }] : []
  })
  // What names a person first
  mapped.sort((a, b) => Number(b.identifier.role === 'strong') - Number(a.identifier.role === 'strong'))
  const members: SampleMember[] = []
  const left = { ...shown }
  for (const row of rows) {
    if (left.usable + left.unusable === 0) break
    const values = mapped.map(({ identifier, at }) =>
      normaliseBy(identifier, row[at] ?? '', defaultCountry ?? undefined),
    )
    const usable = mapped.some(({ identifier }, index) => identifier.role === 'strong' && isSent(values[index]))
    const kind = usable ? 'usable' : 'unusable'
    if (left[kind] === 0) continue
    left[kind]--
    members.push({
      fields: Object.fromEntries(mapped.map(({ field, at }) => [field, masked(row[at])])),
      sent: Object.fromEntries(
        mapped.flatMap(({ name, identifier }, index) => {
          const value = values[index]
          return isSent(value) ? [[name, shortened(identifier, value)]] : []
        }),
      ),
      usable,
      why: usable ? null : whyNot(mapped, values),
    })
  }
  return members.sort((a, b) => Number(b.usable) - Number(a.usable))
}

const isSent = (value: string | Refusal | undefined): value is string => typeof value === 'string' && value !== ''
const masked = (raw: string | null | undefined) => (raw === null || raw === undefined ? null : mask(raw))

/** Of a hash its beginning: enough to see that it is one. */
const shortened = (identifier: Identifier, value: string) =>
  identifier.sent === 'hashed' ? `${sentBy(identifier, value).slice(0, 10)}…` : mask(sentBy(identifier, value))

const whyNot = (mapped: readonly { field: string; identifier: Identifier }[], values: readonly (string | Refusal)[]) =>
  mapped
    .flatMap(({ field, identifier }, index) => {
      if (identifier.role !== 'strong') return []
      const value = values[index]
      return [`${field}: ${value instanceof Refusal ? value.reason : 'empty'}`]
    })
    .join('; ') || 'nothing that names a person is mapped'
