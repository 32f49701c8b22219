import { randomBytes } from 'node:crypto'
import type { ProfileAttributes, ProfileMeta } from './profile-schemas.ts'
import type { Account, IdentifierName, KlaviyoState, Profile } from './state.ts'
import { identifierNames } from './state.ts'

/** An identifier that is not well formed. */
export interface IdentifierFault {
  name: IdentifierName
  detail: string
}

const LONGEST_EXTERNAL_ID = 255

const forms: Partial<Record<IdentifierName, { isGood: (value: string) => boolean; detail: string }>> = {
  email: { isGood: (value) => /^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(value), detail: 'Invalid email address' },
  phone_number: { isGood: (value) => /^\+[1-9]\d{1,14}$/.test(value), detail: 'Invalid phone number format (E.164)' },
  external_id: {
    isGood: (value) => value.length <= LONGEST_EXTERNAL_ID,
    detail: `external_id must have at most ${LONGEST_EXTERNAL_ID} characters`,
  },
}

/** The identifiers that are set, e-mail in lower case; an empty one is none. */
export function readIdentifiers(attributes: Partial<Record<IdentifierName, string | null | undefined>>): {
  identifiers: Partial<Record<IdentifierName, string>>
  fault: IdentifierFault | undefined
} {
  const identifiers: Partial<Record<IdentifierName, string>> = {}
  let fault: IdentifierFault | undefined
  for (const name of identifierNames) {
    const value = attributes[name]?.trim()
    if (value === undefined || value === '') continue
    const form = forms[name]
    if (form && !form.isGood(value)) fault ??= { name, detail: form.detail }
    identifiers[name] = name === 'email' ? value.toLowerCase() : value
  }
  return { identifiers, fault }
}

function indexKey(accountId: string, name: IdentifierName, value: string): string {
  return `${accountId}/${name}/${value}`
}

/** The account's living profile of that id. */
export function findById(state: KlaviyoState, account: Account, id: string): Profile | undefined {
  const profile = state.profiles.get(id)
  return profile?.accountId === account.id ? profile : undefined
}

export function findBy(
  state: KlaviyoState,
  account: Account,
  name: IdentifierName,
  value: string,
): Profile | undefined {
  const id = state.index.get(indexKey(account.id, name, name === 'email' ? value.toLowerCase() : value))
  return id === undefined ? undefined : state.profiles.get(id)
}

/** The first profile that an identifier leads to, in the order of `identifierNames`. UNVERIFIED. */
export function match(state: KlaviyoState, account: Account, identifiers: Profile['identifiers']): Profile | undefined {
  for (const name of identifierNames) {
    const value = identifiers[name]
    const found = value === undefined ? undefined : findBy(state, account, name, value)
    if (found) return found
  }
  return undefined
}

/** Another profile that has one of these identifiers. */
export function otherOwner(
  state: KlaviyoState,
  account: Account,
  identifiers: Profile['identifiers'],
  profile: Profile | undefined,
): Profile | undefined {
  for (const name of identifierNames) {
    const value = identifiers[name]
    const owner = value === undefined ? undefined : findBy(state, account, name, value)
    if (owner && owner !== profile) return owner
  }
  return undefined
}

export function createProfile(state: KlaviyoState, account: Account): Profile {
  const now = state.clock.now()
  const profile: Profile = {
    id: newProfileId(now),
    accountId: account.id,
    identifiers: {},
    attributes: {},
    properties: {},
    createdAt: now,
    updatedAt: now,
    lists: {},
    consent: {},
    suppressions: {},
  }
  state.profiles.set(profile.id, profile)
  return profile
}

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A ULID: ten characters of the time and sixteen of chance. */
function newProfileId(now: number): string {
  let time = now
  let id = ''
  for (let place = 0; place < 10; place++) {
    id = `${alphabet[time % 32]}${id}`
    time = Math.floor(time / 32)
  }
  for (const byte of randomBytes(16)) id += alphabet[byte % 32]
  return id
}

const describing = ['first_name', 'last_name', 'organization', 'locale', 'title', 'image', 'location'] as const

/** Writes what was sent; null clears a field, unless `keepsNull` says that it is ignored. */
export function writeProfile(
  state: KlaviyoState,
  profile: Profile,
  { attributes, meta }: { attributes: ProfileAttributes; meta?: ProfileMeta },
  keepsNull: boolean,
): void {
  const { identifiers } = readIdentifiers(attributes)
  for (const name of identifierNames) {
    const value = identifiers[name]
    if (value !== undefined) setIdentifier(state, profile, name, value)
    else if (attributes[name] === null && !keepsNull) setIdentifier(state, profile, name, undefined)
  }
  for (const name of describing) {
    const value = attributes[name]
    if (value === null && !keepsNull) delete profile.attributes[name]
    else if (value !== undefined && value !== null) profile.attributes[name] = value
  }
  for (const [name, value] of Object.entries(attributes.properties ?? {})) {
    if (value === null && !keepsNull) delete profile.properties[name]
    else if (value !== null) profile.properties[name] = value
  }
  patchProperties(profile, meta)
  profile.updatedAt = state.clock.now()
}

function setIdentifier(state: KlaviyoState, profile: Profile, name: IdentifierName, value: string | undefined): void {
  const before = profile.identifiers[name]
  if (before !== undefined) state.index.delete(indexKey(profile.accountId, name, before))
  if (value === undefined) delete profile.identifiers[name]
  else {
    profile.identifiers[name] = value
    state.index.set(indexKey(profile.accountId, name, value), profile.id)
  }
}

function patchProperties(profile: Profile, meta: ProfileMeta): void {
  const { append, unappend, unset } = meta?.patch_properties ?? {}
  const listed = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value])
  for (const [name, value] of Object.entries(append ?? {}))
    profile.properties[name] = [...listed(profile.properties[name]), ...listed(value)]
  for (const [name, value] of Object.entries(unappend ?? {}))
    profile.properties[name] = listed(profile.properties[name]).filter((item) => !listed(value).includes(item))
  for (const name of listed(unset ?? undefined)) delete profile.properties[String(name)]
}

export function joinList(state: KlaviyoState, profile: Profile, listId: string): void {
  const list = state.lists.get(listId)
  if (list === undefined || profile.lists[listId] !== undefined) return
  profile.lists[listId] = state.clock.now()
  list.rows.add([['id', profile.id]])
}

export function leaveList(state: KlaviyoState, profile: Profile, listId: string): void {
  delete profile.lists[listId]
  state.lists.get(listId)?.rows.remove([['id', profile.id]])
}

/** The profile is no more: its id is as unknown as one that never was. */
export function deleteProfile(state: KlaviyoState, profile: Profile): void {
  for (const listId of Object.keys(profile.lists)) leaveList(state, profile, listId)
  for (const name of identifierNames) setIdentifier(state, profile, name, undefined)
  state.profiles.delete(profile.id)
}

/** Takes over what the destination has not, and the source's lists. */
export function mergeProfile(state: KlaviyoState, source: Profile, destination: Profile): void {
  const { identifiers, attributes, properties, consent, suppressions } = source
  const lists = Object.keys(source.lists)
  const carried = { ...identifiers }
  deleteProfile(state, source)
  for (const name of identifierNames)
    if (destination.identifiers[name] === undefined) setIdentifier(state, destination, name, carried[name])
  destination.attributes = { ...attributes, ...destination.attributes }
  destination.properties = { ...properties, ...destination.properties }
  destination.consent = { ...consent, ...destination.consent }
  destination.suppressions = { ...suppressions, ...destination.suppressions }
  for (const listId of lists) joinList(state, destination, listId)
  destination.updatedAt = state.clock.now()
}
