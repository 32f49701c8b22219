import type { SentEvent } from '../events/event.ts'
import { refuse } from './api-error.ts'
import { eventFaults } from './event-limits.ts'
import { type EventPerson, profileOf, readPerson } from './event-profiles.ts'
import type { EventAttributes, EventProfile } from './event-schemas.ts'
import { eventBody, eventsBody } from './event-schemas.ts'
import type { Context, Outcome } from './operation.ts'
import { readBody } from './read-body.ts'

export const EVENTS = '/data/attributes/events-bulk-create/data'
const MOST_EVENTS = 1_000

/** An event of a request, with the person that it is of. `pointer` leads to its attributes, `ofProfile` to the profile. */
interface Told {
  attributes: EventAttributes
  backfill: boolean
  profile: EventProfile
  person: EventPerson
  pointer: string
  ofProfile: string
}

export function createEvent(context: Context): Outcome {
  const { profile: sent, ...attributes } = readBody(eventBody, context.body).data.attributes
  const { meta, ...described } = sent.data.attributes
  const profile: EventProfile = { ...sent.data, attributes: described, meta }
  const pointer = '/data/attributes'
  const told: Told = {
    attributes,
    backfill: attributes.backfill === true,
    profile,
    person: readPerson(context, profile),
    pointer,
    ofProfile: `${pointer}/profile/data`,
  }
  checkAll(context, [told])
  return take(context, [told])
}

/** All events of a bulk or, when one is at fault or has a `unique_id` that was there before, none. */
export function createEvents(context: Context): Outcome {
  const entries = readBody(eventsBody, context.body).data.attributes['events-bulk-create'].data
  const told = entries.flatMap(({ attributes: { profile, events, backfill } }, at): Told[] => {
    const person = readPerson(context, profile.data)
    return events.data.map(({ attributes }, each) => ({
      attributes,
      backfill: attributes.backfill ?? backfill ?? false,
      profile: profile.data,
      person,
      pointer: `${EVENTS}/${at}/attributes/events/data/${each}/attributes`,
      ofProfile: `${EVENTS}/${at}/attributes/profile/data`,
    }))
  })
  if (told.length === 0) throw refuse.invalid('At least one event is required.', EVENTS)
  if (told.length > MOST_EVENTS) throw refuse.invalid(`This endpoint accepts at most ${MOST_EVENTS} events.`, EVENTS)
  checkAll(context, told)
  checkRepeats(context, told)
  return take(context, told)
}

function checkAll({ state }: Context, all: readonly Told[]): void {
  const now = state.clock.now()
  const faults = all.flatMap(({ attributes, person, pointer, ofProfile }) => [
    ...(person.fault ? [{ detail: person.fault.detail, pointer: ofProfile + person.fault.pointer }] : []),
    ...eventFaults(attributes, now).map((fault) => ({ detail: fault.detail, pointer: pointer + fault.pointer })),
  ])
  if (faults.length > 0) throw refuse.invalids(faults)
}

/**
 * A repeated `unique_id` of a profile and metric fails the whole request. UNVERIFIED whether one that an earlier request
 * brought does too, and whether the refusal names it: the account says.
 */
function checkRepeats(context: Context, all: readonly Told[]): void {
  const { state, account } = context
  const seen = new Set<string>()
  const isRepeat = (told: Told): boolean => {
    const { attributes, person } = told
    if (typeof attributes.unique_id !== 'string') return false
    const who = person.known?.id ?? JSON.stringify(person.identifiers)
    const key = JSON.stringify([who, attributes.metric.data.attributes.name, attributes.unique_id])
    if (seen.has(key)) return true
    seen.add(key)
    const isOld = person.known !== undefined && state.events.isRepeat(eventOf(context, told, person.known.id))
    return isOld && account.repeatedIds !== 'first_kept'
  }
  const repeats = all.filter(isRepeat)
  if (repeats.length === 0) return
  const detail = 'The unique_id was already used for this profile and metric.'
  if (account.repeatedIds === 'unnamed') throw refuse.invalid(detail, EVENTS)
  throw refuse.invalids(repeats.map(({ pointer }) => ({ detail, pointer: `${pointer}/unique_id` })))
}

function take(context: Context, all: readonly Told[]): Outcome {
  const { state, disturbance } = context
  let toReject = disturbance.rejectRows
  let invalid = 0
  for (const told of all) {
    const profile = profileOf(context, told.profile, told.person)
    const refused = toReject-- > 0 ? (disturbance.reason ?? 'refused by a fault') : undefined
    const dropped = profile === undefined ? 'the exchange id leads to nobody' : refused
    if (state.events.take(eventOf(context, told, profile?.id), dropped) === 'dropped') invalid++
  }
  return { status: 202, note: { received: all.length, invalid } }
}

function eventOf(
  { state, account }: Context,
  { attributes, backfill, person }: Told,
  id: string | undefined,
): SentEvent {
  const { metric, unique_id, time, properties, value, value_currency } = attributes
  const at = typeof time === 'string' ? Date.parse(time) : state.clock.now()
  return {
    stream: account.id,
    id: unique_id ?? undefined,
    name: metric.data.attributes.name,
    time: Math.floor(at / 1_000) * 1_000,
    identifiers: { ...(id === undefined ? {} : { id }), ...person.identifiers },
    properties,
    details: { backfill, ...(value ? { value } : {}), ...(value_currency ? { value_currency } : {}) },
  }
}
