import { z } from '@hono/zod-openapi'
import type { AudienceRow } from '../../db/queries/audience.ts'
import { type DestinationRow, findDestination } from '../../db/queries/destination.ts'
import { lastDeliveries } from '../../db/queries/last-delivery.ts'
import { requestRun } from '../../db/queries/refresh.ts'
import { withSessionLock } from '../../db/queries/session-lock.ts'
import {
  columnsOf,
  createSync,
  deleteUnfinishedSync,
  findSyncByWantedList,
  holdsMembers,
  isDelivering,
  listSyncs,
  type SyncRow,
  type SyncWithNames,
  switchList,
  updateSync,
} from '../../db/queries/sync.ts'
import type { SyncList } from '../../db/schema/index.ts'
import { DestinationFailure } from '../../destinations/failure.ts'
import { madeList } from '../../destinations/made-list.ts'
import { mustFindAudience } from '../audience-shape.ts'
import { mappingFor, refuseUnlessNamesPeople, syncSettingsFor } from '../check-mapping.ts'
import { openLists, sideIn } from '../connection.ts'
import type { Deps } from '../deps.ts'
import { hintAudience } from '../hint.ts'
import { asPage, pageOf, pageQuery, readCursor } from '../paging.ts'
import { id, iso } from '../present.ts'
import { conflict, notFound, unusable } from '../problem.ts'
import { answers, byId, route, router, takes } from '../router.ts'
import { changeEventSync, createEventSync } from '../sync-events.ts'
import { type ChosenList, chosenList, existingList, refuseIfTaken, refuseUnlessAccepted } from '../sync-list.ts'
import { mustFindSync, presentSync, sync, whenListGone } from '../sync-shape.ts'
import { lastDelivery, presentLast, standing, standingOf } from '../sync-standing.ts'

const syncNow = sync.extend({ standing, last: lastDelivery.nullable() }).openapi('SyncNow')
const mapping = z.record(z.string().min(1).max(100), z.string().min(1).max(200))
const properties = z
  .record(
    z
      .string()
      .trim()
      .regex(/^[A-Za-z][A-Za-z0-9_]{0,39}$/, 'Letters, digits and _, at most 40'),
    z.string().min(1).max(200),
  )
  .openapi({ description: 'Of an event sync: name of an event property to the field that it is sent from' })
const keeping = z.enum(['mirror', 'add_only'])
const members = z.enum(['keep', 'remove']).openapi({ description: 'What happens to the people in its list' })

const newSync = z
  .strictObject({
    destinationId: z.uuid(),
    mode: z.enum(['list', 'event']).default('list'),
    list: chosenList.optional().openapi({ description: 'Of a list sync' }),
    announceExisting: z.boolean().optional().openapi({
      description: 'Of an event sync: announce everybody who is in, or with false only changes from the first run on',
    }),
    properties: properties.optional(),
    keeping: keeping.default('mirror'),
    whenListGone: whenListGone.default('ask'),
    mapping: mapping.optional().openapi({ description: 'Without one, fields are mapped by their usual names' }),
    settings: z
      .record(z.string(), z.unknown())
      .default({})
      .openapi({ description: 'See `syncSettings` of the platform' }),
    enabled: z.boolean().default(false),
  })
  .superRefine(({ mode, list, announceExisting, properties }, { addIssue }) => {
    const wrong = (path: string, message: string) => addIssue({ code: 'custom', path: [path], message })
    if (mode === 'list') {
      if (!list) wrong('list', 'A list sync fills a list: {"id": …} or {"create": {"name": …}}')
      if (announceExisting !== undefined) wrong('announceExisting', 'Only an event sync announces anybody')
      if (properties) wrong('properties', 'Only an event sync has events with properties')
    } else {
      if (list) wrong('list', 'An event sync fills no list')
      if (announceExisting === undefined)
        wrong(
          'announceExisting',
          'Say whether everybody who is in now is announced (true), or only changes from now on (false)',
        )
    }
  })
const changes = z.strictObject({
  list: chosenList.optional(),
  members: members.optional(),
  keeping: keeping.optional(),
  whenListGone: whenListGone.optional(),
  mapping: mapping.optional(),
  properties: properties.optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
  enabled: z.boolean().optional(),
})

const tags = ['Syncs']
const request = { params: byId }

const listOfAudience = route('viewer', {
  method: 'get',
  path: '/v1/audiences/{id}/syncs',
  tags,
  summary: 'Syncs of an audience',
  request: { ...request, query: pageQuery },
  responses: { 200: answers(pageOf(syncNow), 'A page of syncs, with how each stands') },
})
const list = route('viewer', {
  method: 'get',
  path: '/v1/syncs',
  tags,
  summary: 'Syncs of all audiences',
  request: { query: pageQuery.extend({ destinationId: z.uuid().optional() }) },
  responses: { 200: answers(pageOf(syncNow), 'A page of syncs, with how each stands') },
})
const create = route('operator', {
  method: 'post',
  path: '/v1/audiences/{id}/syncs',
  tags,
  summary: 'Sync an audience to a destination: to a list, or by events',
  description: 'A new list is found again, not made twice, when the request is repeated after an interruption.',
  request: { ...request, body: takes(newSync) },
  responses: { 201: answers(sync, 'The sync with its list') },
})
const read = route('viewer', {
  method: 'get',
  path: '/v1/syncs/{id}',
  tags,
  summary: 'One sync',
  request,
  responses: { 200: answers(sync, 'The sync') },
})
const change = route('operator', {
  method: 'patch',
  path: '/v1/syncs/{id}',
  tags,
  summary: 'Change a sync',
  description:
    'A delivery that is under way with the settings before stops after the batch in hand. Another `list` needs `members`: `remove` empties the list before, then moves; `keep` leaves its people there and moves at once.',
  request: { ...request, body: takes(changes) },
  responses: { 200: answers(sync, 'The sync') },
})
const remove = route('operator', {
  method: 'delete',
  path: '/v1/syncs/{id}',
  tags,
  summary: 'Delete a sync',
  description: '`members=remove` empties its list first: the sync is there, `emptying`, until that is confirmed.',
  request: { ...request, query: z.object({ members }) },
  responses: {
    202: answers(z.object({ id, emptying: z.literal(true) }), 'Its list is being emptied'),
    204: { description: 'Deleted' },
  },
})

export const syncRoutes = (deps: Deps) => {
  const { db } = deps
  return router()
    .openapi(listOfAudience, async (c) => {
      const { after, limit } = c.req.valid('query')
      const audience = await mustFindAudience(deps, c.req.valid('param').id)
      const rows = await listSyncs(db.orm, { audienceId: audience.id, after: readCursor(after), limit })
      return c.json(
        asPage(rows, limit, (row) => ({ at: iso(row.createdAt), id: row.id }), await presentNow(deps, rows)),
        200,
      )
    })
    .openapi(list, async (c) => {
      const { after, limit, destinationId } = c.req.valid('query')
      const rows = await listSyncs(db.orm, { ...(destinationId && { destinationId }), after: readCursor(after), limit })
      return c.json(
        asPage(rows, limit, (row) => ({ at: iso(row.createdAt), id: row.id }), await presentNow(deps, rows)),
        200,
      )
    })
    .openapi(create, async (c) => {
      const given = c.req.valid('json')
      const audience = await mustFindAudience(deps, c.req.valid('param').id)
      refuseArchived(audience)
      const destination = await mustFindTarget(deps, given.destinationId)
      if (given.mode === 'event') {
        const { announceExisting = true, ...more } = given
        const { id } = await createEventSync(deps, { audience, destination }, { ...more, announceExisting })
        if (given.enabled) await wantRun(deps, audience)
        c.header('location', `/v1/syncs/${id}`)
        return c.json(presentSync(await mustFindSync(deps, id)), 201)
      }
      if (!given.list) throw new Error('A list sync without a list passed its schema.')
      const platform = sideIn(destination.platform, 'list')
      const mapping = mappingFor(platform, audience.fields, given.mapping)
      if (given.enabled) refuseUnlessNamesPeople(platform, mapping)
      const settings = {
        mode: given.mode,
        keeping: given.keeping,
        whenListGone: given.whenListGone,
        mapping,
        settings: syncSettingsFor(platform, given.settings),
        enabled: given.enabled,
      }
      const row =
        'id' in given.list
          ? await createOnExisting(deps, { audience, destination, settings, listId: given.list.id })
          : await createWithNewList(deps, { audience, destination, settings, name: given.list.create.name })
      if (row.enabled) await wantRun(deps, audience)
      c.header('location', `/v1/syncs/${row.id}`)
      return c.json(presentSync(await mustFindSync(deps, row.id)), 201)
    })
    .openapi(read, async (c) => c.json(presentSync(await mustFindSync(deps, c.req.valid('param').id)), 200))
    .openapi(change, async (c) => {
      const given = c.req.valid('json')
      const before = await mustFindSync(deps, c.req.valid('param').id)
      if (before.intent === 'empty')
        throw conflict(
          'emptying',
          'The list of this sync is being emptied.',
          'Wait until that is done: the sync then moves, or is deleted.',
        )
      const audience = await mustFindAudience(deps, before.audienceId)
      refuseArchived(audience)
      const destination = await mustFindTarget(deps, before.destinationId)
      if (before.mode === 'event') {
        await changeEventSync(deps, { before, destination, audience }, given)
        if (before.enabled || given.enabled) await wantRun(deps, audience)
        return c.json(presentSync(await mustFindSync(deps, before.id)), 200)
      }
      if (given.properties)
        throw unusable('properties', 'Only an event sync has events with properties.', 'Leave them out.', [
          { path: 'properties', message: 'Only an event sync has events with properties' },
        ])
      const platform = sideIn(destination.platform, 'list')
      const mapping = given.mapping ? mappingFor(platform, audience.fields, given.mapping) : before.mapping
      const enabled = given.enabled ?? before.enabled
      if (enabled) refuseUnlessNamesPeople(platform, mapping)
      const keeping = given.keeping ?? before.keeping
      const settings = given.settings ? syncSettingsFor(platform, given.settings) : before.settings
      if (!given.list) refuseUnlessAccepted(before.listAccepts, mapping)

      if (given.list)
        await moveToList(deps, {
          before: { ...before, mapping, settings },
          destination,
          list: given.list,
          keeping,
          members: given.members,
        })
      await db.orm.transaction(async (tx) => {
        if (!given.list && keeping !== before.keeping && before.listId !== null)
          await refuseIfTaken(tx, destination, { listId: before.listId, keeping, syncId: before.id })
        // only what was given: somebody else may be changing the rest
        const changed = {
          ...(given.mapping && { mapping }),
          ...(given.settings && { settings }),
          ...(given.enabled !== undefined && { enabled }),
          ...(given.keeping && { keeping }),
          // a list that is gone already is looked for at once
          ...(given.whenListGone && { whenListGone: given.whenListGone, listCheckAt: deps.now() }),
        }
        await updateSync(tx, before.id, changed, { raise: true })
      })
      if (enabled || before.enabled) await wantRun(deps, audience)
      return c.json(presentSync(await mustFindSync(deps, before.id)), 200)
    })
    .openapi(remove, async (c) => {
      const { members } = c.req.valid('query')
      const row = await mustFindSync(deps, c.req.valid('param').id)
      if (members === 'remove' && (await holdsMembers(db.orm, row.no))) {
        refuseUnlessSending(row)
        await updateSync(db.orm, row.id, { intent: 'empty', afterEmpty: 'delete', nextList: null }, { raise: true })
        await wantRun(deps, row.audience)
        return c.json({ id: row.id, emptying: true as const }, 202)
      }
      await updateSync(db.orm, row.id, { deletedAt: deps.now(), enabled: false }, { raise: true })
      await hintAudience(deps, row.audience, 'wake')
      return c.body(null, 204)
    })
}

async function presentNow({ db }: Deps, rows: readonly SyncWithNames[]) {
  const last = await lastDeliveries(
    db.orm,
    rows.map((row) => row.id),
  )
  return (row: SyncWithNames) => {
    const newest = last.get(row.id)
    return { ...presentSync(row), standing: standingOf(row, newest), last: presentLast(newest) }
  }
}

type Settings = Pick<SyncRow, 'mode' | 'keeping' | 'whenListGone' | 'mapping' | 'settings' | 'enabled'> & {
  mode: 'list'
}
type Place = { readonly audience: AudienceRow; readonly destination: DestinationRow; readonly settings: Settings }

function refuseArchived({ status }: Pick<AudienceRow, 'status'>): void {
  if (status !== 'archiving' && status !== 'archived') return
  throw conflict('archived', `The audience is ${status}.`, 'Activate it again first, once it is archived.')
}

async function mustFindTarget({ db }: Deps, id: string): Promise<DestinationRow> {
  const row = await findDestination(db.orm, id)
  if (row) return row
  throw unusable('unknown_destination', 'There is no destination with this id.', 'See GET /v1/destinations.', [
    { path: 'destinationId', message: 'There is no destination with this id' },
  ])
}

/** A list can be emptied only while its audience is at work. */
function refuseUnlessSending({ audience: { status, paused } }: SyncWithNames): void {
  if (!paused && (status === 'active' || status === 'archiving')) return
  throw conflict(
    paused ? 'paused' : 'not_active',
    `The audience is ${paused ? 'paused' : status}, so nothing is sent and the list cannot be emptied.`,
    `${paused ? 'Resume' : 'Activate'} the audience first, or keep the members with members=keep.`,
  )
}

/** Settings changed: an active audience runs again, so that they take effect now. */
async function wantRun(deps: Deps, audience: Pick<AudienceRow, 'id' | 'name' | 'status'>): Promise<void> {
  if (audience.status === 'active' || audience.status === 'archiving')
    await requestRun(deps.db.sql, audience.id, 'settings')
  await hintAudience(deps, audience, 'wake')
}

async function createOnExisting(
  deps: Deps,
  { audience, destination, settings, listId }: Place & { listId: string },
): Promise<SyncRow> {
  const list = await existingList(openLists(deps, destination), listId)
  refuseUnlessAccepted(list.accepts, settings.mapping)
  return deps.db.orm.transaction(async (tx) => {
    await refuseIfTaken(tx, destination, { listId: list.id, keeping: settings.keeping })
    return createSync(tx, {
      ...settings,
      audienceId: audience.id,
      destinationId: destination.id,
      account: destination.account,
      ...columnsOf(list),
    })
  })
}

/**
 * The intent is stored first, with the sync off: whatever interrupts the creation, the same request finds the sync and the
 * list again and goes on.
 */
async function createWithNewList(
  deps: Deps,
  { audience, destination, settings, name }: Place & { name: string },
): Promise<SyncRow> {
  const { db } = deps
  const opened = openLists(deps, destination)
  const made = await withSessionLock(db.sql, `new list ${audience.id} ${destination.id} ${name}`, async () => {
    const place = { audienceId: audience.id, destinationId: destination.id }
    const earlier = await findSyncByWantedList(db.orm, { ...place, name })
    if (earlier?.listId)
      throw conflict(
        'list_made_already',
        `This audience has a sync to a list that was made with this name (sync ${earlier.id}).`,
        'Use that sync, or choose another name for the new list.',
        { holder: { syncId: earlier.id, audience: audience.name } },
      )
    const row =
      earlier ??
      (await createSync(db.orm, {
        ...settings,
        ...place,
        enabled: false,
        account: destination.account,
        listWanted: name,
      }))
    const list = await madeList(opened, { name, syncId: row.id, attempt: 0, ...settings }).catch(
      async (error: unknown) => {
        // The platform has said no: nothing was made, nothing is left to find again.
        if (error instanceof DestinationFailure && (error.kind === 'auth' || error.kind === 'config'))
          await deleteUnfinishedSync(db.orm, row.id)
        throw error
      },
    )
    return updateSync(
      db.orm,
      row.id,
      {
        ...settings,
        ...columnsOf(list),
        listWanted: null,
      },
      { raise: false },
    )
  })
  if (made === 'busy')
    throw conflict(
      'being_made',
      'Another request is making this list at the moment.',
      'Wait for its answer, then look at GET /v1/audiences/{id}/syncs.',
    )
  if (!made) throw notFound('sync')
  return made
}

type Move = {
  readonly before: SyncWithNames
  readonly destination: DestinationRow
  readonly list: ChosenList
  readonly keeping: SyncRow['keeping']
  readonly members: 'keep' | 'remove' | undefined
}

async function moveToList(deps: Deps, { before, destination, list, keeping, members }: Move): Promise<void> {
  const { db } = deps
  if ('id' in list && list.id === before.listId) return
  const holds = await holdsMembers(db.orm, before.no)
  if (holds && members === undefined)
    throw unusable('members', 'The sync moves away from a list with people in it.', 'Say what happens to them.', [
      { path: 'members', message: '"keep" leaves them in the list before, "remove" takes them out first' },
    ])
  if (holds && members === 'remove') refuseUnlessSending(before)
  if (await isDelivering(db.orm, before.id))
    throw conflict(
      'delivering',
      'A delivery of this sync is under way.',
      'Wait until it has ended, or cancel it with POST /v1/deliveries/{id}/cancel.',
    )
  const opened = openLists(deps, destination)
  const next =
    'id' in list ? await existingList(opened, list.id) : await newListFor(deps, opened, before, list.create.name)
  refuseUnlessAccepted(next.accepts, before.mapping)
  await db.orm.transaction(async (tx) => {
    await refuseIfTaken(tx, destination, { listId: next.id, keeping, syncId: before.id })
    if (holds && members === 'remove')
      await updateSync(
        tx,
        before.id,
        { intent: 'empty', afterEmpty: 'move', nextList: next, listWanted: null },
        { raise: true },
      )
    else await switchList(tx, before, next)
  })
}

async function newListFor(
  { db }: Deps,
  opened: Parameters<typeof madeList>[0],
  before: SyncWithNames,
  name: string,
): Promise<SyncList> {
  await updateSync(db.orm, before.id, { listWanted: name }, { raise: false })
  const { id: syncId, version: attempt, mapping, settings } = before
  return madeList(opened, { name, syncId, attempt, mapping, settings })
}
