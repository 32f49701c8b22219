import { z } from 'zod'
import type { Identifier, Identifiers } from './define.ts'
import type { Mapping } from './mapping.ts'

/** A mapping of an event sync names its identifiers, and with this before them the properties that its events have. */
const prefix = 'properties.'

/** All properties of a member are kept as one sealed value beside its identifiers. No platform's code is as high. */
export const propertiesIdentifier = 'PROPERTIES'
const code = 255

/** So much of a value goes into an event: what platforms take is shorter. */
export const longestProperty = 200
export const mostProperties = 20

const properties: Identifier = {
  code,
  label: 'Properties',
  rule: 'Sent as they are.',
  normalise: (raw) => raw,
  sent: 'plain',
  role: 'describing',
  fields: [],
  sealed: true,
  // twenty of them, whatever their characters
  longest: 32_000,
}

export type EventMapping = {
  /** Identifier to field. */
  readonly identifiers: Record<string, string>
  /** Name of the property to field. */
  readonly properties: Record<string, string>
}

/** What a sync's stored mapping says of identifiers and of properties. */
export function splitMapping(mapping: Mapping): EventMapping {
  const entries = Object.entries(mapping)
  return {
    identifiers: Object.fromEntries(entries.filter(([name]) => !name.startsWith(prefix))),
    properties: Object.fromEntries(
      entries.flatMap(([name, field]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), field]] : [])),
    ),
  }
}

/** The other way round. */
export const joinMapping = ({ identifiers, properties }: EventMapping): Record<string, string> => ({
  ...identifiers,
  ...Object.fromEntries(Object.entries(properties).map(([name, field]) => [prefix + name, field])),
})

/** A platform's identifiers, and the value that holds a member's properties. */
export const withProperties = (identifiers: Identifiers): Identifiers => ({
  ...identifiers,
  [propertiesIdentifier]: properties,
})

/** Of a row the text that keeps its properties; null where it has none. `fields` is the order of the row's values. */
export function propertiesOf(
  wanted: Readonly<Record<string, string>>,
  fields: readonly string[],
): (values: readonly (string | null)[]) => string | null {
  const columns = Object.entries(wanted).map(([name, field]) => ({ name, at: fields.indexOf(field) }))
  return (values) => {
    const found: Record<string, string> = {}
    for (const { name, at } of columns) {
      const value = values[at]
      if (value) found[name] = value.slice(0, longestProperty)
    }
    return Object.keys(found).length > 0 ? JSON.stringify(found) : null
  }
}

const kept = z.record(z.string(), z.string())

export const readProperties = (text: string | undefined): Readonly<Record<string, string>> =>
  text === undefined ? {} : kept.parse(JSON.parse(text))
