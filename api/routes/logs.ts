import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { LogSubject } from '../../db/queries/log.ts'
import { mustFindAudience } from '../audience-shape.ts'
import type { ApiEnv, Deps } from '../deps.ts'
import { asProblem } from '../errors.ts'
import { type Line, levels } from '../history/line.ts'
import { follow } from '../logs/follow.ts'
import { pageOfLog, readPlace, writePlace } from '../logs/page.ts'
import { pageOf, pageQuery } from '../paging.ts'
import { moment } from '../present.ts'
import { answers, byId, route, router } from '../router.ts'
import { mustFindSync } from '../sync-shape.ts'

const logLine = z
  .object({
    id: z
      .string()
      .openapi({ description: 'Unique in this log. A stream sends a line again under its id when it changes' }),
    at: moment.openapi({ description: 'When it began' }),
    endedAt: moment.nullable().openapi({ description: 'Null while it goes on' }),
    level: z.enum(levels).openapi({ description: '`warning`: needs attention; `debug`: for engineers' }),
    kind: z.string().openapi({ example: 'step.upload' }),
    message: z.string(),
    data: z
      .record(z.string(), z.unknown())
      .openapi({ description: 'Counts, states, attempts, rows of the same thing' }),
    source: z.enum(['history', 'records']).openapi({
      description: "`history`: Temporal's; `records`: rows of the database that outlive it",
    }),
    workflowId: z.string().nullable(),
    runId: z.string().nullable().openapi({ description: "The workflow's run in Temporal" }),
    eventId: z.number().nullable().openapi({ description: 'The first event of it in that run' }),
  })
  .openapi('LogLine')

const page = pageOf(logLine).extend({
  history: z.enum(['read', 'unavailable']).openapi({
    description: '`unavailable`: Temporal did not answer, so only the records are told',
  }),
})
const level = z.enum(levels).default('debug').openapi({ description: 'This level and those above it' })
const pageOptions = pageQuery.extend({ level })
const streamOptions = z.object({
  level,
  last: z.coerce
    .number()
    .int()
    .min(0)
    .max(200)
    .default(10)
    .openapi({ description: 'So many lines of before come first' }),
})
const streamHeaders = z.object({
  'last-event-id': z.string().max(400).optional().openapi({ description: 'Where an earlier stream ended' }),
})

const pageDescription =
  'Decoded Temporal history, completed by the database, over all runs of the workflow: a line per activity, timer, child workflow and signal, ordered by its beginning. With `level` a page may hold fewer lines than `limit` and still have a `next`.'
const streamDescription =
  'Server-sent events: `line` with a log line, new or changed (same `id` in its data). Ends after a quarter of an hour; connect again with `Last-Event-ID`.'
const streams = {
  description: 'Lines as they come',
  content: { 'text/event-stream': { schema: z.string() } },
}

const logsOf = <const T extends string>(path: T, tag: string, what: string) =>
  [
    route('viewer', {
      method: 'get',
      path: `${path}/logs`,
      tags: [tag],
      summary: `Log of ${what}, newest first`,
      description: pageDescription,
      request: { params: byId, query: pageOptions },
      responses: { 200: answers(page, 'A page of lines') },
    }),
    route('viewer', {
      method: 'get',
      path: `${path}/logs/stream`,
      tags: [tag],
      summary: `Follow the log of ${what}`,
      description: streamDescription,
      request: { params: byId, query: streamOptions, headers: streamHeaders },
      responses: { 200: streams },
    }),
  ] as const

const [ofAudience, streamOfAudience] = logsOf('/v1/audiences/{id}', 'Audiences', 'an audience')
const [ofSync, streamOfSync] = logsOf('/v1/syncs/{id}', 'Syncs', 'a sync')

export const logRoutes = (deps: Deps) =>
  router()
    .openapi(ofAudience, async (c) => {
      const { id: audienceId } = await mustFindAudience(deps, c.req.valid('param').id)
      return c.json(await answer(deps, { audienceId }, c.req.valid('query')), 200)
    })
    .openapi(streamOfAudience, async (c) => {
      const { id: audienceId } = await mustFindAudience(deps, c.req.valid('param').id)
      return stream(c, deps, { audienceId }, { ...c.req.valid('query'), ...c.req.valid('header') })
    })
    .openapi(ofSync, async (c) => {
      const { id: syncId, audienceId } = await mustFindSync(deps, c.req.valid('param').id)
      return c.json(await answer(deps, { audienceId, syncId }, c.req.valid('query')), 200)
    })
    .openapi(streamOfSync, async (c) => {
      const { id: syncId, audienceId } = await mustFindSync(deps, c.req.valid('param').id)
      return stream(c, deps, { audienceId, syncId }, { ...c.req.valid('query'), ...c.req.valid('header') })
    })

async function answer(deps: Deps, of: LogSubject, { after, ...wanted }: z.infer<typeof pageOptions>) {
  const { lines, next, history } = await pageOfLog(deps, of, { after: readPlace(after), ...wanted })
  return { items: lines.map(present), next: next && writePlace(next), history }
}

const present = ({ about: _, ...line }: Line) => line

/** A stream ends then, so that a key which was revoked does not read on for long. */
const longestMs = 15 * 60_000
const signOfLifeMs = 15_000

function stream(
  c: Context<ApiEnv>,
  deps: Deps,
  of: LogSubject,
  options: z.infer<typeof streamOptions> & z.infer<typeof streamHeaders>,
) {
  const after = readPlace(options['last-event-id'])
  c.header('x-accel-buffering', 'no')
  return streamSSE(c, async (out) => {
    const gone = new AbortController()
    out.onAbort(() => gone.abort())
    const signal = AbortSignal.any([gone.signal, deps.stopping, AbortSignal.timeout(longestMs)])
    let silentSince = Date.now()
    const following = follow(deps, of, {
      ...options,
      after,
      signal,
      send: async (line, seen) => {
        await out.writeSSE({ event: 'line', id: writePlace(seen), data: JSON.stringify(present(line)) })
        silentSince = Date.now()
      },
      idle: async () => {
        if (Date.now() - silentSince < signOfLifeMs) return
        await out.write(': nothing new\n\n')
        silentSince = Date.now()
      },
    })
    // The answer has begun, so that what goes wrong is told inside it.
    await following.catch(async (error: unknown) => {
      const { details } = asProblem(error)
      deps.log.error(
        { requestId: c.get('requestId'), error: error instanceof Error ? error.name : typeof error },
        'log stream ended',
      )
      await out.writeSSE({ event: 'problem', data: JSON.stringify(details) })
    })
  })
}
