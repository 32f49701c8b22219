import type { Batch } from '../define.ts'
import { IN_LOCATION } from './identifiers.ts'

/** The body of an import into a list: a profile per member, in the members' order. */
export function importBody({ listId, identifiers, members }: Batch): Buffer {
  const profiles = members.map(({ values }) => ({ type: 'profile', attributes: attributesOf(identifiers, values) }))
  return Buffer.from(
    JSON.stringify({
      data: {
        type: 'profile-bulk-import-job',
        attributes: { profiles: { data: profiles } },
        relationships: { lists: { data: [{ type: 'list', id: listId }] } },
      },
    }),
  )
}

function attributesOf(
  identifiers: readonly string[],
  values: readonly (string | undefined)[],
): Record<string, unknown> {
  const attributes: Record<string, unknown> = {}
  const location: Record<string, string> = {}
  for (const [column, identifier] of identifiers.entries()) {
    const value = values[column]
    if (value === undefined) continue
    if (IN_LOCATION.includes(identifier)) location[identifier] = value
    else attributes[identifier] = value
  }
  return Object.keys(location).length > 0 ? { ...attributes, location } : attributes
}
