import { z } from 'zod'
import { newShortId } from './accounts.ts'
import { refuse } from './api-error.ts'
import type { Condition } from './filter.ts'
import { readFilter } from './filter.ts'
import type { Context, Outcome } from './operation.ts'
import { pageLinks, pageOf, readPage } from './paging.ts'
import { memberIdsBody } from './profile-schemas.ts'
import { findById, joinList, leaveList } from './profiles.ts'
import { readBody } from './read-body.ts'
import { renderList, renderProfile } from './render.ts'
import type { KlaviyoState, List, Profile } from './state.ts'
import { emptyRows } from './state.ts'

const optIn = z.enum(['single_opt_in', 'double_opt_in']).nullish()
const createBody = z.strictObject({
  data: z.strictObject({
    type: z.literal('list'),
    attributes: z.strictObject({
      name: z.string().trim().min(1, 'This field may not be blank'),
      opt_in_process: optIn,
    }),
  }),
})
const updateBody = z.strictObject({
  data: z.strictObject({
    type: z.literal('list'),
    id: z.string(),
    attributes: z.strictObject({
      name: z.string().trim().min(1, 'This field may not be blank').nullish(),
      opt_in_process: optIn,
    }),
  }),
})

export function findList({ state, account }: Pick<Context, 'state' | 'account'>, id: string): List {
  const list = state.lists.get(id)
  if (list === undefined || list.deleted || list.accountId !== account.id) throw refuse.missing('list', id)
  return list
}

export function createList(context: Context): Outcome {
  const { state, account } = context
  const { attributes } = readBody(createBody, context.body).data
  const now = state.clock.now()
  const list: List = {
    id: newShortId((id) => state.lists.has(id)),
    accountId: account.id,
    name: attributes.name,
    optInProcess: attributes.opt_in_process ?? account.optInProcess,
    createdAt: now,
    updatedAt: now,
    deleted: false,
    rows: emptyRows(),
  }
  state.lists.set(list.id, list)
  return { status: 201, body: { data: renderList(context, list) } }
}

const LIST_PAGE = { usual: 10, max: 10 }

/** Lists in the order in which they were made. Two may have one name. */
export function readLists(context: Context): Outcome {
  const { state, account, query } = context
  const conditions = readFilter(query, { name: ['equals', 'any'], id: ['equals', 'any'] })
  const found = [...state.lists.values()].filter(
    (list) =>
      list.accountId === account.id &&
      !list.deleted &&
      conditions.every(({ field, values }) => values.includes(field === 'id' ? list.id : list.name)),
  )
  const { items, links } = pageOf(context, found, LIST_PAGE)
  return { status: 200, body: { data: items.map((list) => renderList(context, list)), links } }
}

export function readList(context: Context): Outcome {
  return { status: 200, body: { data: renderList(context, findList(context, context.id)) } }
}

export function updateList(context: Context): Outcome {
  const list = findList(context, context.id)
  const { id, attributes } = readBody(updateBody, context.body).data
  if (id !== list.id) throw refuse.invalid('The id of the body is not that of the path.', '/data/id')
  list.name = attributes.name ?? list.name
  list.optInProcess = attributes.opt_in_process ?? list.optInProcess
  list.updatedAt = context.state.clock.now()
  return { status: 200, body: { data: renderList(context, list) } }
}

export function deleteList(context: Context): Outcome {
  forget(context.state, findList(context, context.id))
  return { status: 204 }
}

/** Deletes a list; who was on it stays a profile. */
export function forget(state: KlaviyoState, list: List): void {
  list.deleted = true
  list.rows = emptyRows()
  for (const profile of state.profiles.values()) delete profile.lists[list.id]
}

const MOST_IDS = 1_000

/** The profiles of a body of ids; one id that is not the account's refuses them all. */
function readMembers(context: Context): Profile[] {
  const { state, account, body } = context
  const { data } = readBody(memberIdsBody, body)
  if (data.length > MOST_IDS) throw refuse.invalid(`This endpoint accepts at most ${MOST_IDS} profiles.`, '/data')
  if (data.length === 0) throw refuse.invalid('At least one profile is required.', '/data')
  const unknown = data.filter(({ id }) => findById(state, account, id) === undefined).map(({ id }) => id)
  if (unknown.length > 0) throw refuse.unknownIds(unknown)
  return data.flatMap(({ id }) => findById(state, account, id) ?? [])
}

export function addMembers(context: Context): Outcome {
  return changeMembers(context, joinList)
}

export function removeMembers(context: Context): Outcome {
  return changeMembers(context, leaveList)
}

function changeMembers(
  context: Context,
  change: (state: KlaviyoState, profile: Profile, listId: string) => void,
): Outcome {
  const { state, disturbance } = context
  const list = findList(context, context.id)
  const members = readMembers(context)
  for (const profile of members.slice(disturbance.rejectRows)) change(state, profile, list.id)
  const invalid = Math.min(disturbance.rejectRows, members.length)
  return { status: 204, note: { received: members.length, invalid } }
}

const MEMBER_PAGE = { usual: 20, max: 100 }

/** The profiles of a list, in the order in which they joined. */
export function readListProfiles(context: Context): Outcome {
  const list = findList(context, context.id)
  const { members, next } = pageOfMembers(context, list)
  const data = members.map((profile) => renderProfile(context, profile, profile.lists[list.id]))
  return { status: 200, body: { data, links: pageLinks(context, next) } }
}

export function readListProfileIds(context: Context): Outcome {
  const { members, next } = pageOfMembers(context, findList(context, context.id))
  const data = members.map(({ id }) => ({ type: 'profile', id }))
  return { status: 200, body: { data, links: pageLinks(context, next) } }
}

const times = ['greater-than', 'greater-or-equal', 'less-than', 'less-or-equal'] as const

/** Reads on behind what the filter lets through not, until the page is full. */
function pageOfMembers({ state, query }: Context, list: List): { members: Profile[]; next: number | null } {
  const conditions = readFilter(query, {
    email: ['equals', 'any'],
    phone_number: ['equals', 'any'],
    joined_group_at: times,
  })
  const { after, size } = readPage(query, MEMBER_PAGE)
  const members: Profile[] = []
  let position: number | null = after
  while (position !== null && members.length < size) {
    const page: ReturnType<List['rows']['page']> = list.rows.page(position, size - members.length)
    for (const { id } of page.members) {
      const profile = state.profiles.get(String(id))
      if (profile && conditions.every((condition) => passes(profile, list.id, condition))) members.push(profile)
    }
    position = page.next
  }
  return { members, next: position }
}

function passes(profile: Profile, listId: string, { field, comparison, values }: Condition): boolean {
  if (field === 'email') return values.some((value) => value.toLowerCase() === profile.identifiers.email)
  if (field === 'phone_number') return values.some((value) => value === profile.identifiers.phone_number)
  const joined = profile.lists[listId] ?? 0
  const wanted = Date.parse(values[0] ?? '')
  if (Number.isNaN(wanted)) throw refuse.parameter('joined_group_at is compared with a time.', 'filter')
  if (comparison === 'greater-than') return joined > wanted
  if (comparison === 'greater-or-equal') return joined >= wanted
  return comparison === 'less-than' ? joined < wanted : joined <= wanted
}
