import type { Batch } from '../define.ts'

/** Where an identifier stands in an element. */
const PERSON: Readonly<Record<string, (value: string) => Record<string, string>>> = {
  FIRST_NAME: (firstName) => ({ firstName }),
  LAST_NAME: (lastName) => ({ lastName }),
}
const COMPANY: Readonly<Record<string, (value: string) => Record<string, string>>> = {
  COMPANY_DOMAIN: (companyWebsiteDomain) => ({ companyWebsiteDomain }),
  ORGANIZATION: (organizationUrn) => ({ organizationUrn }),
}

/** Whether a batch is of companies: a segment holds people or companies, never both. */
export const isOfCompanies = ({ identifiers }: Pick<Batch, 'identifiers'>) =>
  identifiers.some((identifier) => COMPANY[identifier] !== undefined)

/** The body of `/users` or `/companies`: an element per member, in the members' order. */
export function membersBody(batch: Batch): Buffer {
  const { operation, identifiers, members } = batch
  const action = operation === 'add' ? 'ADD' : 'REMOVE'
  const elements = members.map(({ values }) => {
    const element: Record<string, unknown> = { action }
    const userIds: { idType: string; idValue: string }[] = []
    for (const [column, identifier] of identifiers.entries()) {
      const value = values[column]
      if (value === undefined) continue
      const field = PERSON[identifier] ?? COMPANY[identifier]
      if (field) Object.assign(element, field(value))
      else userIds.push({ idType: identifier, idValue: value })
    }
    if (userIds.length > 0) element.userIds = userIds
    return element
  })
  return Buffer.from(JSON.stringify({ elements }))
}
