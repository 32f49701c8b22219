import { z } from '@hono/zod-openapi'
import { findDestination } from '../../db/queries/destination.ts'
import { withSessionLock } from '../../db/queries/session-lock.ts'
import { type SyncWithNames, updateSync } from '../../db/queries/sync.ts'
import type { OpenedEvents } from '../../destinations/define-events.ts'
import { openEvents } from '../connection.ts'
import type { Deps } from '../deps.ts'
import { conflict, notFound } from '../problem.ts'
import { answers, byId, route, router } from '../router.ts'
import { wantedAudience } from '../sync-events.ts'
import { mustFindSync, presentSync, sync } from '../sync-shape.ts'

const rule = z
  .object({
    canBeCreated: z.boolean().openapi({ description: 'Whether POST …/create-audience makes it at the platform' }),
    steps: z.array(z.string()).openapi({ description: 'How it is made by hand at the platform, one sentence a step' }),
    uncertain: z.array(z.string()).openapi({ description: 'What nobody can promise about it' }),
  })
  .openapi('AudienceRule')

const tags = ['Syncs']
const request = { params: byId }

const readRule = route('viewer', {
  method: 'get',
  path: '/v1/syncs/{id}/audience-rule',
  tags,
  summary: 'How the audience at the platform is made from the events of a sync',
  request,
  responses: { 200: answers(rule, 'The rule, with the exact names and values') },
})
const create = route('operator', {
  method: 'post',
  path: '/v1/syncs/{id}/create-audience',
  tags,
  summary: 'Make the audience at the platform that the events of a sync fill',
  description: 'Where the platform has a way; else 409 with the steps to make it by hand.',
  request,
  responses: { 200: answers(sync, 'The sync with its audience') },
})

export const syncAudienceRoutes = (deps: Deps) =>
  router()
    .openapi(readRule, async (c) => {
      const row = await mustFindSync(deps, c.req.valid('param').id)
      const opened = await eventsOf(deps, row)
      const { steps, uncertain } = opened.audienceRule(wantedAudience(row))
      return c.json(
        { canBeCreated: opened.createAudience !== undefined, steps: [...steps], uncertain: [...uncertain] },
        200,
      )
    })
    .openapi(create, async (c) => {
      const row = await mustFindSync(deps, c.req.valid('param').id)
      const { createAudience, audienceRule } = await eventsOf(deps, row)
      if (!createAudience) {
        const { steps } = audienceRule(wantedAudience(row))
        throw conflict(
          'made_by_hand',
          'This platform has no way to have the audience made.',
          'Make it by hand: see "steps".',
          { steps },
        )
      }
      // made once: a repeated request finds what an interrupted one made, by the marker kept with it
      const done = await withSessionLock(deps.db.sql, `audience of sync ${row.id}`, async () => {
        const { id, name, facts } = await createAudience(wantedAudience(row))
        await updateSync(deps.db.orm, row.id, { madeAudience: { id, name, facts: { ...facts } } }, { raise: false })
      })
      if (done === 'busy')
        throw conflict('being_made', 'Another request is making this audience.', 'Wait for its answer.')
      return c.json(presentSync(await mustFindSync(deps, row.id)), 200)
    })

async function eventsOf(deps: Deps, row: SyncWithNames): Promise<OpenedEvents> {
  if (row.mode !== 'event')
    throw conflict(
      'list_sync',
      'This sync fills a list, not an audience of events.',
      'See GET /v1/destinations/{id}/lists/{listId} for its list.',
    )
  const destination = await findDestination(deps.db.orm, row.destinationId)
  if (!destination) throw notFound('destination')
  return openEvents(deps, destination)
}
