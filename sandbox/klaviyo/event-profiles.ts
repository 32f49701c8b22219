import type { EventProfile } from './event-schemas.ts'
import { createProfile, findById, match, mergeProfile, otherOwner, readIdentifiers, writeProfile } from './profiles.ts'
import type { Account, IdentifierName, KlaviyoState, Profile } from './state.ts'
import { identifierNames } from './state.ts'

interface Place {
  state: KlaviyoState
  account: Account
}

/** Whom an event is of, before anything is changed. */
export interface EventPerson {
  identifiers: Profile['identifiers']
  known: Profile | undefined
  /** What is wrong with it; the pointer begins behind the profile. */
  fault: { pointer: string; detail: string } | undefined
}

export function readPerson({ state, account }: Place, { id, attributes }: EventProfile): EventPerson {
  const { identifiers, fault } = readIdentifiers(attributes)
  const byId = typeof id === 'string' ? findById(state, account, id) : undefined
  const person = { identifiers, known: byId ?? match(state, account, identifiers) }
  if (fault) return { ...person, fault: { pointer: `/attributes/${fault.name}`, detail: `${fault.detail}.` } }
  if (typeof id === 'string' && byId === undefined)
    return { ...person, fault: { pointer: '/id', detail: 'A profile with this id does not exist.' } }
  if (byId === undefined && Object.keys(identifiers).length === 0)
    return { ...person, fault: { pointer: '/attributes', detail: 'At least one profile identifier is required.' } }
  return { ...person, fault: undefined }
}

/**
 * The profile of a person that has no fault: the known one, or a new one, with what was sent of it. A profile that had
 * nothing but the anonymous id is merged into it. Undefined when an exchange id leads to nobody.
 */
export function profileOf(place: Place, sent: EventProfile, { identifiers }: EventPerson): Profile | undefined {
  const { state, account } = place
  // Asked again: an earlier event of the request may have made it.
  const { known } = readPerson(place, sent)
  const { _kx, ...own } = identifiers
  if (known === undefined && Object.keys(own).length === 0) return undefined
  const profile = known ?? createProfile(state, account)
  const { anonymous_id } = identifiers
  const anonymous = anonymous_id && otherOwner(state, account, { anonymous_id }, profile)
  if (anonymous && Object.keys(anonymous.identifiers).length === 1) mergeProfile(state, anonymous, profile)
  const { attributes, meta } = sent
  writeProfile(
    state,
    profile,
    { attributes: { ...attributes, ...withoutOthers(place, identifiers, profile) }, ...(meta ? { meta } : {}) },
    true,
  )
  return profile
}

/** UNVERIFIED what becomes of an identifier that another profile has: it stays there. */
function withoutOthers({ state, account }: Place, identifiers: Profile['identifiers'], profile: Profile) {
  const taken = identifierNames.filter((name) => {
    const value = identifiers[name]
    return value !== undefined && otherOwner(state, account, { [name]: value }, profile) !== undefined
  })
  return Object.fromEntries(taken.map((name): [IdentifierName, undefined] => [name, undefined]))
}

/** Profiles of an earlier life, as far as events of theirs were kept: a repeated event finds its own again. */
export function restoreProfiles(state: KlaviyoState): void {
  const { profiles, index, clock } = state
  for (const { stream, identifiers } of state.events.counting()) {
    const id = String(identifiers.id)
    const profile = profiles.get(id) ?? emptyProfile(id, stream, clock.now())
    profiles.set(id, profile)
    for (const name of identifierNames) {
      const value = identifiers[name]
      const key = `${stream}/${name}/${value}`
      if (typeof value !== 'string' || index.has(key)) continue
      profile.identifiers[name] = value
      index.set(key, id)
    }
  }
}

function emptyProfile(id: string, accountId: string, now: number): Profile {
  return {
    id,
    accountId,
    identifiers: {},
    attributes: {},
    properties: {},
    createdAt: now,
    updatedAt: now,
    lists: {},
    consent: {},
    suppressions: {},
  }
}
