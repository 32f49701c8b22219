import type { ListInfo } from '../platform.ts'
import type { DimensionFilter, FilterClause, Leaf } from './audience-schema.ts'
import type { Audience, Ga4State } from './state.ts'
import { clientOf, settingsOf } from './user-property-state.ts'

/** What the filters of an audience look at. */
interface Client {
  identifiers: Record<string, unknown>
  /** By the name of a user property: its values in the order of their times. */
  properties: Map<string, { value: string; time: number }[]>
  events: Set<string>
}

/** Who an audience takes in at this moment. Filters that compare numbers take in nobody: user properties are texts. */
export function peopleOf(state: Ga4State, audience: Audience): ListInfo['rows'] {
  const rows = [...clientsOf(state, audience.propertyId).values()]
    .filter((client) => audience.body.filterClauses.every((clause) => admits(clause, client)))
    .map(({ identifiers }) => identifiers)
  return {
    size: rows.length,
    page: (after, limit) => ({
      members: rows.slice(after, after + limit),
      next: after + limit < rows.length ? after + limit : null,
    }),
  }
}

function clientsOf({ accounts, events }: Ga4State, propertyId: string): Map<string, Client> {
  const account = [...accounts.values()].find((each) => each.propertyId === propertyId)
  const clients = new Map<string, Client>()
  for (const event of events.counting()) {
    if (event.stream !== account?.measurementId && event.stream !== account?.firebaseAppId) continue
    const id = clientOf(event)
    const client: Client = clients.get(id) ?? { identifiers: {}, properties: new Map(), events: new Set() }
    client.identifiers = event.identifiers
    client.events.add(event.name)
    for (const [name, setting] of settingsOf(event)) {
      const values = [...(client.properties.get(name) ?? []), setting]
      client.properties.set(
        name,
        values.sort((one, other) => one.time - other.time),
      )
    }
    clients.set(id, client)
  }
  return clients
}

/** Sequences are kept and take in nobody. */
function admits({ clauseType, simpleFilter }: FilterClause, client: Client): boolean {
  const isMet =
    simpleFilter?.filterExpression.andGroup.filterExpressions.every(({ orGroup }) =>
      orGroup.filterExpressions.some((leaf) => meets(leaf, client)),
    ) ?? false
  return clauseType === 'INCLUDE' ? isMet : !isMet
}

function meets({ dimensionOrMetricFilter, notExpression, eventFilter }: Leaf, client: Client): boolean {
  if (dimensionOrMetricFilter) return matches(dimensionOrMetricFilter, client)
  if (notExpression) return !matches(notExpression.dimensionOrMetricFilter, client)
  return eventFilter !== undefined && client.events.has(eventFilter.eventName)
}

function matches(filter: DimensionFilter, { properties }: Client): boolean {
  const name = filter.fieldName.split(':').at(-1) ?? ''
  const values = (properties.get(name) ?? []).map(({ value }) => value)
  const looked = filter.atAnyPointInTime ? values : values.slice(-1)
  return looked.some((value) => isWanted(filter, value))
}

function isWanted({ stringFilter, inListFilter }: DimensionFilter, value: string): boolean {
  const fold = (text: string) => ((stringFilter ?? inListFilter)?.caseSensitive === true ? text : text.toLowerCase())
  if (inListFilter) return inListFilter.values.some((each) => fold(each) === fold(value))
  if (stringFilter === undefined) return false
  const [wanted, given] = [fold(stringFilter.value), fold(value)]
  switch (stringFilter.matchType) {
    case 'EXACT':
      return given === wanted
    case 'BEGINS_WITH':
      return given.startsWith(wanted)
    case 'ENDS_WITH':
      return given.endsWith(wanted)
    case 'CONTAINS':
      return given.includes(wanted)
    case 'FULL_REGEXP':
      return new RegExp(`^(?:${stringFilter.value})$`, stringFilter.caseSensitive ? '' : 'i').test(value)
  }
}
