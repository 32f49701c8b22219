import { refuse } from './api-error.ts'
import type { Condition } from './filter.ts'
import { readFilter } from './filter.ts'
import type { Context, Outcome } from './operation.ts'
import { pageLinks, pageOf, readPage } from './paging.ts'
import type { ProfileAttributes, ProfileMeta } from './profile-schemas.ts'
import { createBody, deletionBody, mergeBody, updateBody, upsertBody } from './profile-schemas.ts'
import {
  createProfile,
  deleteProfile,
  findBy,
  findById,
  match,
  mergeProfile,
  otherOwner,
  readIdentifiers,
  writeProfile,
} from './profiles.ts'
import { readBody } from './read-body.ts'
import { renderProfile } from './render.ts'
import type { IdentifierName, KlaviyoState, Profile } from './state.ts'

const PROFILE_PAGE = { usual: 20, max: 100 }

/** Profiles by a filter, or all in the order in which they came. */
export function readProfiles(context: Context): Outcome {
  const both = ['equals', 'any'] as const
  const conditions = readFilter(context.query, {
    id: both,
    email: both,
    phone_number: both,
    external_id: both,
    _kx: both,
  })
  const [first, ...others] = conditions
  if (first === undefined) return allProfiles(context)
  const candidates = first.values.flatMap((value) => lookUp(context, first, value) ?? [])
  const found = [...new Set(candidates)].filter((profile) =>
    others.every((other) => other.values.some((value) => lookUp(context, other, value) === profile)),
  )
  const { items, links } = pageOf(context, found, PROFILE_PAGE)
  return { status: 200, body: { data: items.map((profile) => renderProfile(context, profile)), links } }
}

function lookUp({ state, account }: Context, { field }: Condition, value: string): Profile | undefined {
  if (field === 'id') return findById(state, account, value)
  const names: readonly IdentifierName[] = ['external_id', 'email', 'phone_number', '_kx']
  const name = names.find((known) => known === field)
  return name && findBy(state, account, name, value)
}

function allProfiles(context: Context): Outcome {
  const { state, account, query } = context
  const { after, size } = readPage(query, PROFILE_PAGE)
  const page: Profile[] = []
  let position = 0
  let next: number | null = null
  for (const profile of state.profiles.values()) {
    if (profile.accountId !== account.id || position++ < after) continue
    if (page.length === size) {
      next = after + size
      break
    }
    page.push(profile)
  }
  const data = page.map((profile) => renderProfile(context, profile))
  return { status: 200, body: { data, links: pageLinks(context, next) } }
}

function findProfile({ state, account, id }: Context): Profile {
  const profile = findById(state, account, id)
  if (profile === undefined) throw refuse.missing('profile', id)
  return profile
}

export function readProfile(context: Context): Outcome {
  return { status: 200, body: { data: renderProfile(context, findProfile(context)) } }
}

export function createOne(context: Context): Outcome {
  const { data } = readBody(createBody, context.body)
  return writeOne(context, data, undefined)
}

/** 201 for a new profile, 200 for one that was there. */
export function upsertOne(context: Context): Outcome {
  const { state, account } = context
  const { data } = readBody(upsertBody, context.body)
  const known =
    typeof data.id === 'string'
      ? findById(state, account, data.id)
      : match(state, account, readIdentifiers(data.attributes).identifiers)
  if (typeof data.id === 'string' && known === undefined) throw refuse.missing('profile', data.id)
  return writeOne(context, data, known)
}

export function updateOne(context: Context): Outcome {
  const known = findProfile(context)
  const { data } = readBody(updateBody, context.body)
  if (data.id !== known.id) throw refuse.invalid('The id of the body is not that of the path.', '/data/id')
  return writeOne(context, data, known)
}

function writeOne(
  context: Context,
  sent: { attributes: ProfileAttributes; meta?: ProfileMeta },
  known: Profile | undefined,
): Outcome {
  const { state, account } = context
  const { identifiers, fault } = readIdentifiers(sent.attributes)
  if (fault) throw refuse.invalid(fault.detail, `/data/attributes/${fault.name}`)
  if (known === undefined && Object.keys(identifiers).length === 0)
    throw refuse.invalid('One of email, phone_number, external_id or id is required.', '/data/attributes')
  const other = otherOwner(state, account, identifiers, known)
  if (other) throw refuse.duplicate(other.id)
  const profile = known ?? createProfile(state, account)
  writeProfile(state, profile, sent, false)
  return {
    status: known === undefined ? 201 : 200,
    body: { data: renderProfile(context, profile) },
    note: { received: 1, invalid: 0 },
  }
}

/** UNVERIFIED how long a merge takes: here it is done at once. */
export function mergeOne(context: Context): Outcome {
  const { state, account, origin } = context
  const { data } = readBody(mergeBody, context.body)
  const destination = findById(state, account, data.id)
  if (destination === undefined) throw refuse.missing('profile', data.id)
  const [source, ...more] = data.relationships.profiles.data
  if (source === undefined || more.length > 0)
    throw refuse.invalid('Exactly one source profile is accepted.', '/data/relationships/profiles/data')
  const found = findById(state, account, source.id)
  if (found === undefined) throw refuse.missing('profile', source.id)
  if (found === destination)
    throw refuse.invalid('A profile cannot be merged into itself.', '/data/relationships/profiles/data/0/id')
  mergeProfile(state, found, destination)
  const self = `${origin}/api/profiles/${destination.id}`
  return { status: 201, body: { data: { type: 'profile', id: destination.id, links: { self } } } }
}

/** A request of a person to be forgotten; nobody by that name is no error. */
export function requestDeletion(context: Context): Outcome {
  const { data } = readBody(deletionBody, context.body).data.attributes.profile
  const { email, phone_number } = data.attributes ?? {}
  const given = [data.id, email, phone_number].filter((value) => typeof value === 'string' && value !== '')
  if (given.length !== 1)
    throw refuse.invalid('Exactly one of id, email and phone_number is required.', '/data/attributes/profile/data')
  const found = toBeDeleted(context, { id: data.id, email, phone_number })
  if (found) deleteProfile(context.state, found)
  return { status: 202 }
}

function toBeDeleted(
  { state, account }: { state: KlaviyoState; account: Context['account'] },
  named: Record<'id' | 'email' | 'phone_number', string | null | undefined>,
): Profile | undefined {
  if (named.id) return findById(state, account, named.id)
  if (named.email) return findBy(state, account, 'email', named.email)
  return named.phone_number ? findBy(state, account, 'phone_number', named.phone_number) : undefined
}
