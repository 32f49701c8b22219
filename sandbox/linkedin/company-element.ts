import { z } from 'zod'
import type { Cell } from '../held-rows.ts'
import type { ReadElement } from './user-element.ts'
import { schemaFault } from './user-element.ts'

/** What names a company alone. */
export const companyKeys = ['organizationUrn', 'companyWebsiteDomain', 'companyEmailDomain', 'companyPageUrl'] as const

const domain = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i
const forms: Record<(typeof companyKeys)[number], RegExp> = {
  organizationUrn: /^urn:li:organization:\d+$/,
  companyWebsiteDomain: domain,
  companyEmailDomain: domain,
  companyPageUrl: /^https?:\/\/([a-z]+\.)?linkedin\.com\/company\/\S+$/i,
}

const text = z.string().min(1).optional()
const shape = z.strictObject({
  action: z.enum(['ADD', 'REMOVE']),
  organizationUrn: text,
  companyWebsiteDomain: text,
  companyEmailDomain: text,
  companyPageUrl: text,
  companyName: text,
  stockSymbol: text,
  industries: z.array(z.string().min(1)).optional(),
  city: text,
  state: text,
  country: text,
  postalCode: text,
})

export function readCompanyElement(input: unknown): ReadElement {
  const result = shape.safeParse(input)
  if (!result.success) return schemaFault(result.error)
  const { action, ...company } = result.data
  const cells: Cell[] = []
  for (const key of companyKeys) {
    const value = company[key]
    if (value === undefined) continue
    if (!forms[key].test(value)) return `${key}: "${value}" is not valid`
    cells.push([key, value])
  }
  const described = Object.entries(company).filter(([key]) => !Object.hasOwn(forms, key))
  if (cells.length > 0) return { action, cells, description: Object.fromEntries(described) }
  if (company.companyName === undefined) return `One of ${companyKeys.join(', ')} or companyName must be present`
  return { action, cells: described.map(([key, value]): Cell => [key, String(value)]) }
}
