import { z } from '@hono/zod-openapi'
import { type NeedsPerson, totals, whatComesNext, whatNeedsAPerson, whatRuns } from '../../db/queries/overview.ts'
import type { Deps } from '../deps.ts'
import { formatInterval } from '../interval.ts'
import { id, iso, moment } from '../present.ts'
import { answers, route, router } from '../router.ts'

const named = z.object({ id, name: z.string() })

const overview = z
  .object({
    needsPerson: z
      .array(
        z.object({
          kind: z.enum(['held', 'sync', 'destination', 'audience']),
          what: z.string(),
          whose: z.string(),
          next: z.string(),
          at: moment,
          audience: named.nullable(),
          destination: named.nullable(),
          syncId: id.nullable(),
          mode: z.enum(['list', 'event']).nullable().openapi({ description: 'Of the sync' }),
          runId: id.nullable(),
          held: z.number().nullable(),
        }),
      )
      .openapi({ description: 'What goes on only after a person has acted; held leaves first' }),
    running: z.array(
      z.object({
        runId: id,
        audience: named,
        status: z.enum(['requested', 'running']),
        since: moment,
        destinations: z.array(z.string()),
        planned: z.number(),
        sent: z.number(),
      }),
    ),
    next: z.array(z.object({ audience: named, at: moment, every: z.string().nullable() })),
    totals: z.object({
      active: z.number(),
      paused: z.number(),
      draft: z.number(),
      members: z.number().openapi({ description: 'Of active audiences, counted once for each' }),
      sources: z.number(),
      destinations: z.number(),
      syncs: z.number().openapi({ description: 'Those that are on' }),
    }),
  })
  .openapi('Overview')

const read = route('viewer', {
  method: 'get',
  path: '/v1/overview',
  tags: ['Overview'],
  summary: 'The whole deployment: what needs a person, what runs, what comes next',
  responses: { 200: answers(overview, 'As it is now') },
})

export const overviewRoutes = ({ db }: Deps) =>
  router().openapi(read, async (c) => {
    const [needing, running, next, counted] = await Promise.all([
      whatNeedsAPerson(db.orm),
      whatRuns(db.orm),
      whatComesNext(db.orm),
      totals(db.orm),
    ])
    return c.json(
      {
        needsPerson: needing.map(presentNeed),
        running: running.map(({ id: runId, since, ...rest }) => ({ runId, ...rest, since: iso(since) })),
        next: next.map(({ audience, at, every }) => ({
          audience,
          at: iso(at),
          every: every === null ? null : formatInterval(every),
        })),
        totals: counted,
      },
      200,
    )
  })

function presentNeed({ kind, audience, destination, sync_id, mode, run_id, held, problem, at }: NeedsPerson) {
  const place = { kind, audience, destination, syncId: sync_id, mode, runId: run_id, held, at: iso(at) }
  if (problem) return { ...place, what: problem.what, whose: problem.whose, next: problem.next }
  if (kind === 'held')
    return {
      ...place,
      what: `${(held ?? 0).toLocaleString('en-US')} people would be ${mode === 'event' ? 'announced as gone' : 'removed from a list'}, more than the limit.`,
      whose: 'you',
      next: 'Look at the run, then approve or discard what is held.',
    }
  return { ...place, what: 'It needs attention.', whose: 'you', next: 'Check it.' }
}
