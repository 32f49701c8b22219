import { z } from '@hono/zod-openapi'
import { type Progress, progressOf } from '../../db/queries/progress.ts'
import { type DeliveryOfRun, deliveriesOfRuns, findRun, listRuns, type RunRow } from '../../db/queries/run.ts'
import { mustFindAudience } from '../audience-shape.ts'
import { delivery, presentDelivery } from '../delivery-shape.ts'
import type { Deps } from '../deps.ts'
import { asPage, pageOf, pageQuery, readCursor } from '../paging.ts'
import { id, iso, isoOrNull, moment, standingProblem } from '../present.ts'
import { notFound } from '../problem.ts'
import { answers, byId, route, router } from '../router.ts'

const progress = z
  .object({ numbered: z.number(), sent: z.number(), accepted: z.number(), confirmed: z.number(), rejected: z.number() })
  .openapi({ description: 'Members by how far they have come by now; `numbered`: in batches that are written' })
const run = z
  .object({
    id,
    audienceId: id,
    status: z.enum(['requested', 'running', 'done', 'failed']),
    causes: z.array(
      z.enum(['interval', 'instant', 'activation', 'retry', 'settings', 'caught_up', 'expiring', 'archive']),
    ),
    requestedAt: moment,
    startedAt: moment.nullable(),
    finishedAt: moment.nullable().openapi({ description: 'When the uploads were done' }),
    settledAt: moment.nullable().openapi({ description: 'When every receipt was final' }),
    size: z.number().nullable(),
    problem: standingProblem.nullable(),
    deliveries: z.array(delivery.extend({ progress })),
  })
  .openapi('Run')

const list = route('viewer', {
  method: 'get',
  path: '/v1/audiences/{id}/runs',
  tags: ['Runs'],
  summary: 'Runs of an audience, newest first',
  request: { params: byId, query: pageQuery },
  responses: { 200: answers(pageOf(run), 'A page of runs with their deliveries') },
})
const read = route('viewer', {
  method: 'get',
  path: '/v1/runs/{id}',
  tags: ['Runs'],
  summary: 'One run with its deliveries and counts',
  request: { params: byId },
  responses: { 200: answers(run, 'The run') },
})

export const runRoutes = (deps: Deps) => {
  const { db } = deps
  return router()
    .openapi(list, async (c) => {
      const { after, limit } = c.req.valid('query')
      const audience = await mustFindAudience(deps, c.req.valid('param').id)
      const rows = await listRuns(db.orm, audience.id, { after: readCursor(after), limit })
      const deliveries = await deliveriesOfRuns(
        db.orm,
        rows.map((row) => row.id),
      )
      const progress = await progressOf(db.orm, idsOf(deliveries))
      const cursorOf = (row: RunRow) => ({ at: iso(row.requestedAt), id: row.id })
      return c.json(
        asPage(rows, limit, cursorOf, (row) => present(row, deliveries, progress)),
        200,
      )
    })
    .openapi(read, async (c) => {
      const row = await findRun(db.orm, c.req.valid('param').id)
      if (!row) throw notFound('run')
      const deliveries = await deliveriesOfRuns(db.orm, [row.id])
      return c.json(present(row, deliveries, await progressOf(db.orm, idsOf(deliveries))), 200)
    })
}

const idsOf = (deliveries: readonly DeliveryOfRun[]) => deliveries.map(({ delivery }) => delivery.id)
const none: Progress = { numbered: 0, sent: 0, accepted: 0, confirmed: 0, rejected: 0 }

const present = (row: RunRow, deliveries: readonly DeliveryOfRun[], progress: ReadonlyMap<string, Progress>) => ({
  id: row.id,
  audienceId: row.audienceId,
  status: row.status,
  causes: row.causes,
  requestedAt: iso(row.requestedAt),
  startedAt: isoOrNull(row.startedAt),
  finishedAt: isoOrNull(row.finishedAt),
  settledAt: isoOrNull(row.settledAt),
  size: row.size,
  problem: row.problem,
  deliveries: deliveries
    .filter(({ delivery }) => delivery.runId === row.id)
    .map((each) => ({ ...presentDelivery(each), progress: progress.get(each.delivery.id) ?? none })),
})
