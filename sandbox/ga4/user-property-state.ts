import type { ReceivedEvent } from '../events/event.ts'
import { readMembership } from '../events/membership.ts'
import { isObject } from '../json.ts'

/** A user property as an event brought it. */
interface Setting {
  value: string
  time: number
}

/** The user properties that came with an event, by name. */
export function settingsOf({ details }: ReceivedEvent): Map<string, Setting> {
  const sent = isObject(details?.user_properties) ? details.user_properties : {}
  return new Map(
    Object.entries(sent).flatMap(([name, setting]) =>
      isObject(setting) ? [[name, { value: String(setting.value), time: Number(setting.time) }]] : [],
    ),
  )
}

/** What of a client's identifiers names it. */
export function clientOf({ stream, identifiers }: ReceivedEvent): string {
  return [stream, identifiers.client_id ?? identifiers.app_instance_id].join('\u001f')
}

/**
 * The user property that tells of an audience: the one that its events name among their parameters, else the only one
 * that came with each of them. Undefined where there is none, or where several would do.
 */
export function propertyOf(events: () => Iterable<ReceivedEvent>, audience: string): string | undefined {
  const known = new Set<string>()
  const named = new Map<string, number>()
  let shared: Set<string> | undefined
  for (const event of events()) {
    const names = [...settingsOf(event).keys()]
    for (const name of names) known.add(name)
    if (readMembership(event).audience !== audience) continue
    for (const value of Object.values(event.properties))
      if (typeof value === 'string') named.set(value, (named.get(value) ?? 0) + 1)
    if (names.length > 0) shared = new Set(shared === undefined ? names : names.filter((name) => shared?.has(name)))
  }
  const [best] = [...named].filter(([value]) => known.has(value)).sort(([, one], [, other]) => other - one)
  if (best) return best[0]
  return shared?.size === 1 ? [...shared][0] : undefined
}

/** Words that say so by themselves, where no event of the audience ever came with them. */
const usualWords = new Set(['in', 'true', '1', 'yes'])

/**
 * Who is in an audience by the latest value of a property. Which values mean so is learned from the events: those that
 * came more often with a join than with a leave.
 */
export function whoHasProperty(
  events: () => Iterable<ReceivedEvent>,
  audience: string,
  property: string,
): Record<string, unknown>[] {
  const balance = new Map<string, number>()
  const latest = new Map<string, Setting & { identifiers: Record<string, unknown> }>()
  for (const event of events()) {
    const setting = settingsOf(event).get(property)
    if (setting === undefined) continue
    const { audience: spoken, action } = readMembership(event)
    if (spoken === audience && action !== undefined)
      balance.set(setting.value, (balance.get(setting.value) ?? 0) + (action === 'added' ? 1 : -1))
    const client = clientOf(event)
    if (setting.time >= (latest.get(client)?.time ?? Number.NEGATIVE_INFINITY))
      latest.set(client, { ...setting, identifiers: event.identifiers })
  }
  const saysIn = (value: string) => {
    const learned = balance.get(value) ?? 0
    return learned === 0 ? usualWords.has(value.toLowerCase()) : learned > 0
  }
  return [...latest.values()].filter(({ value }) => saysIn(value)).map(({ identifiers }) => identifiers)
}
