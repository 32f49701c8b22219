import { randomUUID } from 'node:crypto'
import type { AudienceRow } from '../db/queries/audience.ts'
import type { DestinationRow } from '../db/queries/destination.ts'
import { createSync, type SyncRow, type SyncWithNames, updateSync } from '../db/queries/sync.ts'
import type { AudienceName, WantedAudience } from '../destinations/define-events.ts'
import { eventName } from '../destinations/event-names.ts'
import { joinMapping, mostProperties, splitMapping } from '../destinations/properties.ts'
import { mappingFor, refuseUnlessNamesPeople, syncSettingsFor } from './check-mapping.ts'
import { openEvents, type Side, sideIn } from './connection.ts'
import type { Deps } from './deps.ts'
import { conflict, type FieldProblem, unusable } from './problem.ts'

type Strings = Readonly<Record<string, string>>

/** What a request says of an event sync; what it leaves out stays as in `before`. */
type Given = {
  readonly mapping?: Strings | undefined
  readonly properties?: Strings | undefined
  readonly settings?: Readonly<Record<string, unknown>> | undefined
}

type EventSettings = Pick<SyncRow, 'mapping' | 'settings' | 'listForgetsAfterMs'>

/** An event sync's settings as they are stored. @throws ApiProblem field by field */
export function eventSettings(
  { platform }: Pick<DestinationRow, 'platform'>,
  audience: Pick<AudienceRow, 'id' | 'name' | 'fields'>,
  given: Given,
  before?: Pick<SyncRow, 'mapping' | 'settings' | 'listName'>,
): EventSettings {
  const side = sideIn(platform, 'event')
  const kept = before && splitMapping(before.mapping)
  const identifiers = given.mapping || !kept ? mappingFor(side, audience.fields, given.mapping) : kept.identifiers
  const properties = given.properties ? propertiesFor(audience.fields, given.properties) : (kept?.properties ?? {})
  const settings =
    given.settings || !before
      ? named(syncSettingsFor(side, given.settings ?? {}), side, {
          ...audience,
          name: before?.listName ?? audience.name,
        })
      : before.settings
  const forgets = 'forgetsAfterMs' in side ? side.forgetsAfterMs(settings) : undefined
  return { mapping: joinMapping({ identifiers, properties }), settings, listForgetsAfterMs: forgets ?? null }
}

/** The names of events with the audience's name filled in now: renaming it later must not break what listens for them. */
function named(
  settings: Readonly<Record<string, unknown>>,
  { limits }: Side,
  audience: AudienceName,
): Record<string, unknown> {
  const names = { addedEvent: String(settings.addedEvent), removedEvent: String(settings.removedEvent) }
  const longest = 'eventNameLength' in limits ? limits.eventNameLength : 40
  return {
    ...settings,
    addedEvent: eventName(names, 'add', audience, longest),
    removedEvent: eventName(names, 'remove', audience, longest),
  }
}

/** @throws ApiProblem naming each field that does not exist */
function propertiesFor(fields: readonly string[], given: Strings): Record<string, string> {
  const entries = Object.entries(given)
  const errors = entries.flatMap(([name, field]): FieldProblem[] =>
    fields.includes(field) ? [] : [{ path: `properties.${name}`, message: `${field} is no chosen field` }],
  )
  if (entries.length > mostProperties)
    errors.push({ path: 'properties', message: `At most ${mostProperties} properties go with an event` })
  if (errors.length === 0) return { ...given }
  throw unusable(
    'properties',
    'These properties cannot be sent with the events.',
    `Chosen fields: ${fields.join(', ') || 'none yet; choose them with PUT /v1/audiences/{id}/schema'}.`,
    errors,
  )
}

/** Refuses an event sync that is on and could tell of nobody. @throws ApiProblem */
export const refuseUnlessTells = (platform: string, mapping: Strings): void =>
  refuseUnlessNamesPeople(sideIn(platform, 'event'), splitMapping(mapping).identifiers)

/** Makes an event sync. Its stream of events is its own, so nothing is made at the platform. @throws ApiProblem */
export async function createEventSync(
  deps: Deps,
  { audience, destination }: { audience: AudienceRow; destination: DestinationRow },
  given: Given & {
    readonly announceExisting: boolean
    readonly keeping: SyncRow['keeping']
    readonly enabled: boolean
  },
): Promise<SyncRow> {
  const { lacks } = openEvents(deps, destination)
  if (lacks) throw conflict('destination_lacks', lacks.what, lacks.next)
  const settings = eventSettings(destination, audience, given)
  if (given.enabled) refuseUnlessTells(destination.platform, settings.mapping)
  const id = randomUUID()
  return createSync(deps.db.orm, {
    ...settings,
    id,
    mode: 'event',
    keeping: given.keeping,
    enabled: given.enabled,
    baseline: !given.announceExisting,
    audienceId: audience.id,
    destinationId: destination.id,
    account: destination.account,
    listId: id,
    listName: audience.name,
  })
}

/** Changes what was given of an event sync. @throws ApiProblem field by field */
export async function changeEventSync(
  { db }: Pick<Deps, 'db'>,
  { before, destination, audience }: { before: SyncWithNames; destination: DestinationRow; audience: AudienceRow },
  given: Given & {
    readonly list?: unknown
    readonly members?: unknown
    readonly keeping?: SyncRow['keeping'] | undefined
    readonly enabled?: boolean | undefined
  },
): Promise<void> {
  for (const name of ['list', 'members'] as const)
    if (given[name] !== undefined)
      throw unusable(name, 'An event sync fills no list.', `Leave "${name}" out.`, [
        { path: name, message: 'An event sync fills no list' },
      ])
  const settings = eventSettings(destination, audience, given, before)
  if (given.enabled ?? before.enabled) refuseUnlessTells(destination.platform, settings.mapping)
  const { keeping, enabled } = given
  await updateSync(
    db.orm,
    before.id,
    { ...settings, ...(keeping && { keeping }), ...(enabled !== undefined && { enabled }) },
    { raise: true },
  )
}

/** The audience at the platform that an event sync fills. */
export const wantedAudience = (sync: SyncWithNames): WantedAudience => ({
  audience: { id: sync.audience.id, name: sync.listName ?? sync.audience.name },
  names: { addedEvent: String(sync.settings.addedEvent), removedEvent: String(sync.settings.removedEvent) },
  settings: sync.settings,
  marker: `audience-sync-${sync.id}`,
})
