import { asciiJson, innerJson, textJson } from './ascii-json.ts'
import type { Identifier } from './define.ts'
import type { EventBatch, MembershipEvent } from './define-events.ts'
import { parametersOf } from './event-parameters.ts'

/** Where a platform has an identifier: under which key, and whether it wants a list of values there. */
export type Place = { readonly key: string; readonly listed?: true }

/**
 * Writes those of an event's values that have a place as the members of a JSON object, without its braces; '' where there are
 * none. Hashes are 64 hex digits and are written without a look.
 */
export function placesWriter(
  identifiers: readonly string[],
  table: Readonly<Record<string, Pick<Identifier, 'sent'>>>,
  places: Readonly<Record<string, Place>>,
): (values: readonly (string | undefined)[]) => string {
  const cells = identifiers.flatMap((name, column) => {
    const place = places[name]
    if (!place) return []
    const [before, after] = place.listed ? [`"${place.key}":["`, '"]'] : [`"${place.key}":"`, '"']
    return [{ column, hashed: table[name]?.sent === 'hashed', before, next: `,${before}`, after }]
  })
  return (values) => {
    let written = ''
    for (const { column, hashed, before, next, after } of cells) {
      const value = values[column]
      if (value === undefined) continue
      written += written === '' ? before : next
      written += hashed && value.length === 64 ? value : innerJson(value)
      written += after
    }
    return written
  }
}

/**
 * Writes an event's standard parameters and the user's own properties as the members of a JSON object, without its braces. A
 * property of the name of a standard one is left out.
 */
export function parametersWriter(batch: EventBatch): (event: Pick<MembershipEvent, 'at' | 'properties'>) => string {
  const standard = new Set<string>(Object.keys(parametersOf(batch, { at: new Date(0) })))
  const keys = new Map<string, string>()
  const keyOf = (name: string) => {
    const known = keys.get(name)
    if (known !== undefined) return known
    const key = standard.has(name) ? '' : `,${asciiJson(name)}:`
    keys.set(name, key)
    return key
  }
  // most events of a batch were planned at the same moment
  let time: number | undefined
  let parameters = ''
  return ({ at, properties }) => {
    if (at.getTime() !== time) {
      time = at.getTime()
      parameters = asciiJson(parametersOf(batch, { at })).slice(1, -1)
    }
    let written = parameters
    for (const name in properties) {
      const key = keyOf(name)
      if (key !== '') written += key + textJson(properties[name] ?? '')
    }
    return written
  }
}
