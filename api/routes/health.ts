import { createRoute, z } from '@hono/zod-openapi'
import type { Deps } from '../deps.ts'
import { answers, router } from '../router.ts'

const parts = z.object({ database: z.boolean(), temporal: z.boolean(), worker: z.boolean() }).openapi('Readiness')

const healthz = createRoute({
  method: 'get',
  path: '/healthz',
  tags: ['Health'],
  summary: 'Whether this process is alive',
  responses: { 200: answers(z.object({ ok: z.literal(true) }), 'It is') },
})
const readyz = createRoute({
  method: 'get',
  path: '/readyz',
  tags: ['Health'],
  summary: 'Whether the database, Temporal and a worker are there',
  responses: { 200: answers(parts, 'All of them are'), 503: answers(parts, 'One of them is not') },
})

export const healthRoutes = ({ db, workflows }: Deps) =>
  router()
    .openapi(healthz, (c) => c.json({ ok: true as const }, 200))
    .openapi(readyz, async (c) => {
      const [database, { temporal, worker }] = await Promise.all([answersAtAll(db), workflows.ready()])
      const ready = { database, temporal, worker }
      return c.json(ready, database && temporal && worker ? 200 : 503)
    })

const answersAtAll = ({ sql }: Deps['db']) =>
  sql`select 1`.then(
    () => true,
    () => false,
  )
