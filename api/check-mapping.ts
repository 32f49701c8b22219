import {
  type Mapping,
  namesPeople as mappingNamesPeople,
  namingIdentifiers,
  suggestMapping,
} from '../destinations/mapping.ts'
import type { Side } from './connection.ts'
import { invalid } from './errors.ts'
import { type FieldProblem, unusable } from './problem.ts'

/**
 * The mapping of a sync: the given one if it can be used, or else one by the usual names of fields.
 * @throws ApiProblem naming each identifier and field that does not exist
 */
export function mappingFor(
  { name, identifiers }: Side,
  fields: readonly string[],
  given: Mapping | undefined,
): Record<string, string> {
  const mapping = given ?? suggestMapping(identifiers, fields)
  const errors = Object.entries(mapping).flatMap(([identifier, field]): FieldProblem[] => [
    ...(Object.hasOwn(identifiers, identifier)
      ? []
      : [{ path: `mapping.${identifier}`, message: `${name} has no such identifier` }]),
    ...(fields.includes(field) ? [] : [{ path: `mapping.${identifier}`, message: `${field} is no chosen field` }]),
  ])
  if (errors.length > 0)
    throw unusable(
      'mapping',
      'The mapping cannot be used.',
      `Identifiers: ${Object.keys(identifiers).join(', ')}. Chosen fields: ${fields.join(', ') || 'none yet; choose them with PUT /v1/audiences/{id}/schema'}.`,
      errors,
    )
  return { ...mapping }
}

/** What a sync sets for itself, with the platform's defaults. @throws ApiProblem field by field */
export function syncSettingsFor({ syncSettings }: Side, given: unknown): Record<string, unknown> {
  const settings = syncSettings.strict().safeParse(given)
  if (!settings.success) throw invalid(settings.error, 'settings')
  return settings.data
}

/** Whether a mapping has anything that names a person by itself. */
export const namesPeople = ({ identifiers }: Side, mapping: Mapping): boolean =>
  mappingNamesPeople(identifiers, mapping)

/** @throws ApiProblem when a sync that is on could send nobody */
export function refuseUnlessNamesPeople(platform: Side, mapping: Mapping): void {
  if (namesPeople(platform, mapping)) return
  const naming = namingIdentifiers(platform.identifiers)
  throw unusable(
    'mapping',
    'Nothing that names a person is mapped, so nobody could be sent.',
    `Map at least one of ${naming} to a chosen field, or leave the sync off.`,
    [{ path: 'mapping', message: `At least one of ${naming}` }],
  )
}
