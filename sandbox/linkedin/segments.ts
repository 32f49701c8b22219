import { z } from 'zod'
import type { AccountContext, Context, Outcome, SegmentContext } from './operation.ts'
import { restliMethod } from './operation.ts'
import { page } from './paging.ts'
import { refuse } from './rest-error.ts'
import { describeDestination } from './segment-status.ts'
import type { Account, LinkedInState, Segment } from './state.ts'
import { emptyRows, segmentTypes } from './state.ts'
import { schemaFault } from './user-element.ts'

const ACCOUNT_URN = /^urn:li:sponsoredAccount:(\d+)$/

const creation = z.strictObject({
  name: z.string().trim().min(1),
  description: z.string().optional(),
  account: z.string().regex(ACCOUNT_URN),
  accessPolicy: z.literal('PRIVATE').optional(),
  sourcePlatform: z.string().min(1),
  sourceSegmentId: z.string().min(1).optional(),
  type: z.string(),
  destinations: z.array(z.strictObject({ destination: z.literal('LINKEDIN') })).length(1),
})

export function createSegment(context: Context): Outcome {
  const { state, body } = context
  const wanted = read(creation, body)
  const account = accountOf(context, wanted.account)
  checkWriter(account)
  const type = segmentTypes.find((known) => known === wanted.type)
  if (type === undefined)
    throw refuse.parameter(`type: "${wanted.type}" is not served by the sandbox; ${segmentTypes.join(' and ')} are`)
  if (wanted.sourcePlatform !== account.sourcePlatform && wanted.sourcePlatform !== 'API')
    throw refuse.parameter(`sourcePlatform: "${wanted.sourcePlatform}" is not a platform of this application`)
  const now = state.clock.now()
  const segment: Segment = {
    id: state.newId(),
    adSegmentId: state.newId(),
    accountId: account.id,
    name: wanted.name,
    description: wanted.description,
    type,
    sourcePlatform: wanted.sourcePlatform,
    sourceSegmentId: wanted.sourceSegmentId,
    createdAt: now,
    modifiedAt: now,
    firstContentAt: null,
    contentAt: null,
    settledSize: 0,
    addedByDay: {},
    condition: null,
    deleted: false,
    rows: emptyRows(type),
  }
  state.segments.set(segment.id, segment)
  return { status: 201, headers: { 'x-restli-id': segment.id, location: `/dmpSegments/${segment.id}` } }
}

export function findSegments(context: Context): Outcome {
  const { state, query } = context
  if (query.get('q') !== 'account') throw refuse.parameter('Invalid query parameter: q must be account')
  const account = accountOf(context, query.get('account') ?? '')
  const passes = (name: 'sourcePlatform' | 'sourceSegmentId', segment: Segment) =>
    !query.has(name) || query.get(name) === segment[name]
  const found = [...state.segments.values()].filter(
    (segment) =>
      segment.accountId === account.id &&
      !segment.deleted &&
      passes('sourcePlatform', segment) &&
      passes('sourceSegmentId', segment),
  )
  const { paging, elements } = page(found, query)
  return { status: 200, body: { paging, elements: elements.map((segment) => describe(state, segment)) } }
}

export function readSegment({ state, segment }: SegmentContext): Outcome {
  return { status: 200, body: describe(state, segment) }
}

export function readDestinations({ state, segment, query }: SegmentContext): Outcome {
  return { status: 200, body: page([describeDestination(state, segment)], query) }
}

export function readDestination({ state, segment }: SegmentContext): Outcome {
  return { status: 200, body: describeDestination(state, segment) }
}

const patch = z.strictObject({
  patch: z.strictObject({
    $set: z.strictObject({ name: z.string().trim().min(1).optional(), description: z.string().optional() }),
  }),
})

export function updateSegment({ state, segment, account, headers, body }: SegmentContext): Outcome {
  checkWriter(account)
  if (restliMethod(headers) !== 'PARTIAL_UPDATE')
    throw refuse.parameter('A POST to an entity needs the header X-RestLi-Method: PARTIAL_UPDATE')
  const { $set } = read(patch, body).patch
  segment.name = $set.name ?? segment.name
  segment.description = $set.description ?? segment.description
  segment.modifiedAt = state.clock.now()
  return { status: 204 }
}

export function deleteSegment({ segment, account }: SegmentContext): Outcome {
  checkWriter(account)
  forget(segment)
  return { status: 204 }
}

/** `?ids=List(1,2)`: each id with a status of its own. */
export function deleteSegments({ state, accounts, query }: Context): Outcome {
  const [, list] = /^List\(([\d,]*)\)$/.exec(query.get('ids') ?? '') ?? []
  if (!list) throw refuse.parameter('Invalid query parameter: ids must be List(1,2)')
  const results: Record<string, unknown> = {}
  const errors: Record<string, unknown> = {}
  for (const id of new Set(list.split(','))) {
    const segment = state.segments.get(id)
    const account = accounts.find(({ id: accountId }) => accountId === segment?.accountId)
    if (!segment || segment.deleted || !account)
      errors[id] = { status: 404, message: `DMP segment ${id} was not found.` }
    else {
      checkWriter(account)
      forget(segment)
      results[id] = { status: 204 }
    }
  }
  return { status: 200, body: { results, statuses: {}, errors } }
}

/** Deletes a segment; nothing of it is found afterwards. */
export function forget(segment: Segment): void {
  segment.deleted = true
  segment.rows = emptyRows(segment.type)
}

/** Audiences may be managed by everybody with a role on the account but VIEWER. */
export function checkWriter(account: Account): void {
  if (account.role === 'VIEWER') throw refuse.denied(`urn:li:sponsoredAccount:${account.id} (role VIEWER)`)
}

export function readAccount({ account }: AccountContext): Outcome {
  return {
    status: 200,
    body: {
      id: Number(account.id),
      name: `Sandbox account ${account.id}`,
      currency: 'USD',
      type: 'BUSINESS',
      status: 'ACTIVE',
      test: false,
      servingStatuses: ['RUNNABLE'],
    },
  }
}

export function findAccountUsers({ accounts, query }: Context): Outcome {
  if (query.get('q') !== 'authenticatedUser')
    throw refuse.parameter('Invalid query parameter: the sandbox serves q=authenticatedUser')
  const users = accounts.map(({ id, personId, role }) => ({
    account: `urn:li:sponsoredAccount:${id}`,
    user: `urn:li:person:${personId}`,
    role,
  }))
  return { status: 200, body: page(users, query) }
}

function accountOf({ accounts }: Context, urn: string): Account {
  const id = ACCOUNT_URN.exec(urn)?.[1]
  if (id === undefined) throw refuse.parameter('account must be urn:li:sponsoredAccount:{id}')
  const account = accounts.find((own) => own.id === id)
  if (account === undefined) throw refuse.denied(`urn:li:sponsoredAccount:${id}`)
  return account
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  throw refuse.parameter(schemaFault(result.error))
}

function describe(state: LinkedInState, segment: Segment): Record<string, unknown> {
  return {
    id: Number(segment.id),
    name: segment.name,
    ...(segment.description === undefined ? {} : { description: segment.description }),
    type: segment.type,
    account: `urn:li:sponsoredAccount:${segment.accountId}`,
    sourcePlatform: segment.sourcePlatform,
    ...(segment.sourceSegmentId === undefined ? {} : { sourceSegmentId: segment.sourceSegmentId }),
    accessPolicy: 'PRIVATE',
    inputCount: segment.rows.size,
    created: segment.createdAt,
    lastModified: segment.modifiedAt,
    destinations: [describeDestination(state, segment)],
  }
}
