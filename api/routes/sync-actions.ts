import { z } from '@hono/zod-openapi'
import type { AudienceRow } from '../../db/queries/audience.ts'
import { findDestination } from '../../db/queries/destination.ts'
import { requestRun } from '../../db/queries/refresh.ts'
import { replaceList } from '../../db/queries/replace-list.ts'
import { isDelivering, type SyncWithNames, updateSync } from '../../db/queries/sync.ts'
import type { Cause } from '../../db/schema/run.ts'
import type { Opened } from '../../destinations/define.ts'
import { DestinationFailure } from '../../destinations/failure.ts'
import { madeList } from '../../destinations/made-list.ts'
import { mustFindAudience } from '../audience-shape.ts'
import { openLists } from '../connection.ts'
import type { Deps } from '../deps.ts'
import { hintAudience } from '../hint.ts'
import { id } from '../present.ts'
import { conflict, notFound } from '../problem.ts'
import { answers, byId, route, router } from '../router.ts'
import { taken } from '../sync-list.ts'
import { mustFindSync, presentSync, sync } from '../sync-shape.ts'

const tags = ['Syncs']
const request = { params: byId }
export const runWanted = z.object({ runId: id }).openapi('RunWanted')

const instantSyncOfAudience = route('operator', {
  method: 'post',
  path: '/v1/audiences/{id}/instant-sync',
  tags: ['Audiences'],
  summary: 'Refresh now and sync what changed',
  description: 'Several wishes before the run begins are one run.',
  request,
  responses: { 202: answers(runWanted, 'The run that will do it') },
})
const instantSync = route('operator', {
  method: 'post',
  path: '/v1/syncs/{id}/instant-sync',
  tags,
  summary: "Refresh the sync's audience now",
  request,
  responses: { 202: answers(runWanted, 'The run that will do it') },
})
const resync = route('operator', {
  method: 'post',
  path: '/v1/syncs/{id}/resync',
  tags,
  summary: 'Send everybody again',
  description: 'For a list that was changed at the platform by somebody else. The platform ignores who is in already.',
  request,
  responses: { 202: answers(runWanted, 'The run that will do it') },
})
const retryRejected = route('operator', {
  method: 'post',
  path: '/v1/syncs/{id}/retry-rejected',
  tags,
  summary: 'Try rejected and unusable members again',
  request,
  responses: { 202: answers(runWanted, 'The run that will do it') },
})
const recreateList = route('operator', {
  method: 'post',
  path: '/v1/syncs/{id}/recreate-list',
  tags,
  summary: 'Make the list again after it was deleted at the platform',
  request,
  responses: { 200: answers(sync, 'The sync with its new list; everybody is sent to it by the next run') },
})

export const syncActionRoutes = (deps: Deps) => {
  const { db } = deps
  return router()
    .openapi(instantSyncOfAudience, async (c) => {
      const audience = await mustFindAudience(deps, c.req.valid('param').id)
      refuseUnlessRunning(audience)
      return c.json({ runId: await wantRun(deps, audience, 'instant') }, 202)
    })
    .openapi(instantSync, async (c) => {
      const row = await mustFindReady(deps, c.req.valid('param').id)
      return c.json({ runId: await wantRun(deps, row.audience, 'instant') }, 202)
    })
    .openapi(resync, async (c) => {
      const row = await mustFindReady(deps, c.req.valid('param').id)
      await updateSync(db.orm, row.id, { resync: true }, { raise: false })
      return c.json({ runId: await wantRun(deps, row.audience, 'settings') }, 202)
    })
    .openapi(retryRejected, async (c) => {
      const row = await mustFindReady(deps, c.req.valid('param').id)
      await updateSync(db.orm, row.id, { retryRejected: true }, { raise: false })
      return c.json({ runId: await wantRun(deps, row.audience, 'retry') }, 202)
    })
    .openapi(recreateList, async (c) => {
      const row = await mustFindSync(deps, c.req.valid('param').id)
      await makeListAgain(deps, row)
      if (row.audience.status === 'active') await wantRun(deps, row.audience, 'settings')
      return c.json(presentSync(await mustFindSync(deps, row.id)), 200)
    })
}

type Audience = Pick<AudienceRow, 'id' | 'name' | 'status' | 'paused'>

/** @throws ApiProblem unless a run asked for now would be done now */
export function refuseUnlessRunning({ status, paused }: Audience): void {
  if (status !== 'active')
    throw conflict('not_active', `The audience is ${status}.`, 'Activate it with POST /v1/audiences/{id}/activate.')
  if (paused)
    throw conflict('paused', 'The audience is paused.', 'Resume it first with POST /v1/audiences/{id}/resume.')
}

/** A sync that a run would have work for. */
async function mustFindReady(deps: Deps, id: string): Promise<SyncWithNames> {
  const row = await mustFindSync(deps, id)
  refuseUnlessRunning(row.audience)
  if (!row.enabled)
    throw conflict('off', 'The sync is off.', 'Switch it on with PATCH /v1/syncs/{id} {"enabled": true}.')
  if (row.listId === null)
    throw conflict('no_list', 'The sync has no list yet.', 'Send the request that creates it again, or choose a list.')
  return row
}

async function wantRun(deps: Deps, audience: Audience, cause: Cause): Promise<string> {
  const runId = await requestRun(deps.db.sql, audience.id, cause)
  // Not `instantSync`: the wish is stored, the workflow only has to read it. That signal would ask for one more run.
  await hintAudience(deps, audience, 'wake')
  return runId
}

async function makeListAgain(deps: Deps, row: SyncWithNames): Promise<void> {
  const { db } = deps
  if (row.mode === 'event')
    throw conflict('event_sync', 'An event sync has no list.', 'To announce everybody again, use resync.')
  const name = row.listName
  if (row.listId === null || name === null)
    throw conflict('no_list', 'The sync has no list yet.', 'Choose a list with PATCH /v1/syncs/{id}.')
  if (await isDelivering(db.orm, row.id))
    throw conflict('delivering', 'A delivery of this sync is under way.', 'Wait until it has ended, or cancel it.')
  const destination = await findDestination(db.orm, row.destinationId)
  if (!destination) throw notFound('destination')
  const opened = openLists(deps, destination)
  await refuseUnlessGone(opened, row.listId)
  const { id: syncId, version: attempt, mapping, settings } = row
  const done = await replaceList(db, { ...row, account: destination.account, listName: name }, () =>
    madeList(opened, { name, syncId, attempt, mapping, settings }),
  )
  if (done === 'busy')
    throw conflict('being_made', 'Another request is making this list at the moment.', 'Wait for its answer.')
  if (done !== 'done') throw taken(done)
}

async function refuseUnlessGone(opened: Opened, listId: string): Promise<void> {
  try {
    await opened.readList(listId)
  } catch (error) {
    if (error instanceof DestinationFailure && error.listGone) return
    throw error
  }
  throw conflict(
    'list_there',
    'The list is still there at the platform.',
    'To fill another one, choose it with PATCH /v1/syncs/{id}; to send everybody again, use resync.',
  )
}
