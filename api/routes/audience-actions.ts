import { z } from '@hono/zod-openapi'
import {
  type AudienceRow,
  emptySyncsOfAudience,
  listSizes,
  moveAudience,
  refillSyncsOfAudience,
} from '../../db/queries/audience.ts'
import { discardHeldOfKept } from '../../db/queries/finish.ts'
import { requestRun } from '../../db/queries/refresh.ts'
import { audience, mustFindAudience, presentAudience } from '../audience-shape.ts'
import type { Deps } from '../deps.ts'
import { hintAudience, hintSync } from '../hint.ts'
import { asPage, pageOf, pageQuery, readCursor } from '../paging.ts'
import { refuseUnlessComplete } from '../prerequisites.ts'
import { id, iso, isoOrNull, moment } from '../present.ts'
import { conflict } from '../problem.ts'
import { answers, byId, route, router, takes } from '../router.ts'

const tags = ['Audiences']
const request = { params: byId }

const activate = route('operator', {
  method: 'post',
  path: '/v1/audiences/{id}/activate',
  tags,
  summary: 'Start keeping the audience in step',
  description: 'Everything that is still missing is named, all at once, in `missing`.',
  request,
  responses: { 200: answers(audience, 'The audience, active; its first run begins') },
})
const pause = route('operator', {
  method: 'post',
  path: '/v1/audiences/{id}/pause',
  tags,
  summary: 'Stop refreshing until resumed',
  request,
  responses: { 200: answers(audience, 'The audience, paused') },
})
const resume = route('operator', {
  method: 'post',
  path: '/v1/audiences/{id}/resume',
  tags,
  summary: 'Refresh again',
  request,
  responses: { 200: answers(audience, 'The audience, at work') },
})
const archive = route('operator', {
  method: 'post',
  path: '/v1/audiences/{id}/archive',
  tags,
  summary: 'Stop for good',
  description:
    'With `members: "remove"` its lists are emptied first: the audience is `archiving` until the platforms have confirmed that.',
  request: { ...request, body: takes(z.strictObject({ members: z.enum(['keep', 'remove']) })) },
  responses: { 202: answers(audience, 'The audience, archiving or archived') },
})
const sizes = route('viewer', {
  method: 'get',
  path: '/v1/audiences/{id}/sizes',
  tags,
  summary: 'Size, joined and left over time',
  request: { ...request, query: pageQuery },
  responses: {
    200: answers(
      pageOf(
        z.object({
          runId: id,
          at: moment.nullable(),
          size: z.number(),
          joined: z.number().openapi({ description: 'By the sync that saw most' }),
          left: z.number(),
        }),
      ),
      'A page of sizes, newest first',
    ),
  },
})

export const audienceActionRoutes = (deps: Deps) => {
  const { db } = deps
  return router()
    .openapi(activate, async (c) => {
      const before = await mustFindAudience(deps, c.req.valid('param').id)
      if (before.status === 'active') throw conflict('active', 'The audience is active already.', 'Nothing to do.')
      if (before.status === 'archiving') throw stillArchiving()
      await refuseUnlessComplete(deps, before)
      // The run is wanted first: whatever happens after that, an audience that is active has its first run.
      await requestRun(db.sql, before.id, 'activation')
      const row = await db.orm.transaction(async (tx) => {
        await refillSyncsOfAudience(tx, before.id)
        const to = { status: 'active', paused: false, archiveMembers: null, problem: null } as const
        return moveAudience(tx, before.id, ['draft', 'archived'], to)
      })
      if (!row) throw meanwhile()
      await hintAudience(deps, row, 'wake')
      return c.json(presentAudience(row), 200)
    })
    .openapi(pause, async (c) => c.json(await setPaused(deps, c.req.valid('param').id, true), 200))
    .openapi(resume, async (c) => c.json(await setPaused(deps, c.req.valid('param').id, false), 200))
    .openapi(archive, async (c) => {
      const { members } = c.req.valid('json')
      const before = await mustFindAudience(deps, c.req.valid('param').id)
      if (before.status === 'archiving') throw stillArchiving()
      if (before.status === 'archived')
        throw conflict('archived', 'The audience is archived already.', 'Nothing to do.')
      const row = await db.orm.transaction(async (tx) => {
        // A draft never sent anybody, so there is nothing to wait for.
        const status = before.status === 'draft' ? 'archived' : 'archiving'
        if (status === 'archiving' && members === 'remove') await emptySyncsOfAudience(tx, before.id)
        return moveAudience(tx, before.id, [before.status], { status, paused: false, archiveMembers: members })
      })
      if (!row) throw meanwhile()
      if (row.status === 'archiving' && members === 'remove') await requestRun(db.sql, row.id, 'archive')
      if (members === 'keep')
        for (const syncId of await discardHeldOfKept(db.sql, row.id)) await hintSync(deps, syncId, 'discard')
      await hintAudience(deps, row, 'wake')
      return c.json(presentAudience(row), 202)
    })
    .openapi(sizes, async (c) => {
      const { after, limit } = c.req.valid('query')
      const { id: audienceId } = await mustFindAudience(deps, c.req.valid('param').id)
      const rows = await listSizes(db.orm, audienceId, { after: readCursor(after), limit })
      const page = asPage(
        rows,
        limit,
        (row) => ({ at: iso(row.requestedAt), id: row.id }),
        ({ id: runId, startedAt, size, joined, left }) => ({
          runId,
          at: isoOrNull(startedAt),
          size: size ?? 0,
          joined,
          left,
        }),
      )
      return c.json(page, 200)
    })
}

const stillArchiving = () =>
  conflict(
    'archiving',
    'The audience is being archived: its lists are being emptied.',
    'Wait until it is archived. A list that cannot be reached holds this up: see the problems of its syncs, and delete a sync with members=keep where nobody can help.',
  )

const meanwhile = () =>
  conflict(
    'changed_meanwhile',
    'Another request changed the audience at the same moment.',
    'Look at it, then decide again.',
  )

async function setPaused(deps: Deps, audienceId: string, paused: boolean) {
  const before = await mustFindAudience(deps, audienceId)
  refuseSenseless(before, paused)
  const row = await moveAudience(deps.db.orm, before.id, ['active'], { paused })
  if (!row) throw meanwhile()
  // Not `pause` or `resume`: what was wanted is stored, and a signal that comes late must not write it over
  await hintAudience(deps, row, 'wake')
  return presentAudience(row)
}

function refuseSenseless({ status, paused }: AudienceRow, wanted: boolean): void {
  if (status !== 'active')
    throw conflict('not_active', `The audience is ${status}.`, 'Only an active audience can be paused and resumed.')
  if (paused === wanted)
    throw conflict('no_change', `The audience is ${paused ? 'paused already' : 'not paused'}.`, 'Nothing to do.')
}
