import { z } from '@hono/zod-openapi'
import { memberKeyOf } from '../../db/member-key.ts'
import { removeMembers } from '../../db/queries/list-members.ts'
import { requestRun } from '../../db/queries/refresh.ts'
import { parsePushed, pushedTypes } from '../../sources/pushed/index.ts'
import { mustFindAudience } from '../audience-shape.ts'
import { limited } from '../body.ts'
import type { Deps } from '../deps.ts'
import { hintAudience } from '../hint.ts'
import { id } from '../present.ts'
import { ApiProblem, conflict } from '../problem.ts'
import { answers, byId, route, router, takes } from '../router.ts'
import { unbroken, uploadMembers } from '../upload-members.ts'
import { refuseUnlessRunning } from './sync-actions.ts'

const runId = id.nullable().openapi({ description: 'The run that was asked for with sync=true' })
const sync = z
  .stringbool()
  .default(false)
  .openapi({ type: 'boolean', description: 'Ask for an instant sync afterwards' })
const rows = z.string().openapi({ format: 'binary' })

const upload = route('operator', {
  method: 'put',
  path: '/v1/audiences/{id}/members',
  tags: ['Members'],
  summary: 'Push members of a static audience',
  description:
    'JSON (an array of flat objects), NDJSON or CSV with a header, streamed. The list changes when the last row has come, all at once; a broken upload changes nothing. `replace`: the upload is the list. `upsert`: it is put over the list.',
  request: {
    params: byId,
    query: z.object({ mode: z.enum(['replace', 'upsert']).default('replace'), sync }),
    body: {
      required: true,
      content: { 'application/x-ndjson': { schema: rows }, 'text/csv': { schema: rows } },
    },
  },
  responses: {
    200: answers(
      z.object({
        rows: z.number().openapi({ description: 'Rows of this upload' }),
        size: z.number().openapi({ description: 'Members of the list now' }),
        memberId: z.string(),
        runId,
      }),
      'The list has changed',
    ),
  },
})

const remove = route('operator', {
  method: 'post',
  path: '/v1/audiences/{id}/members/remove',
  tags: ['Members'],
  summary: 'Take members out of a static audience',
  request: {
    params: byId,
    query: z.object({ sync }),
    body: takes(
      z.strictObject({
        memberIds: z
          .array(z.union([z.string().min(1).max(1_000), z.number().int().transform(String)]))
          .min(1)
          .max(20_000),
      }),
    ),
  },
  responses: { 200: answers(z.object({ removed: z.number(), size: z.number(), runId }), 'The list has changed') },
})

export const memberRoutes = (deps: Deps) =>
  router()
    .openapi(upload, async (c) => {
      const { mode, sync } = c.req.valid('query')
      const audience = await mustFindStatic(deps, c.req.valid('param').id)
      if (sync) refuseUnlessRunning(audience)
      const { body } = c.req.raw
      const type = c.req.header('content-type') ?? ''
      if (body === null || !pushedTypes.includes(type.split(';')[0]?.trim().toLowerCase() ?? '')) throw wrongType()
      const rows = parsePushed(limited(unbroken(body), deps.config.maxUploadBytes), type)
      const done = await uploadMembers(deps, audience, { rows, mode })
      return c.json({ ...done, runId: sync ? await wantRun(deps, audience) : null }, 200)
    })
    .openapi(remove, async (c) => {
      const { sync } = c.req.valid('query')
      const audience = await mustFindStatic(deps, c.req.valid('param').id)
      if (sync) refuseUnlessRunning(audience)
      const keys = c.req.valid('json').memberIds.map((memberId) => memberKeyOf(deps.memberKeySecret, memberId))
      const done = await removeMembers(deps.db.sql, audience.id, keys)
      return c.json({ ...done, runId: sync ? await wantRun(deps, audience) : null }, 200)
    })

async function mustFindStatic(deps: Deps, audienceId: string) {
  const audience = await mustFindAudience(deps, audienceId)
  if (audience.kind === 'static') return audience
  throw conflict(
    'dynamic',
    'This audience reads its members from a source.',
    'Change its query, or create an audience of the kind "static".',
  )
}

async function wantRun(deps: Deps, audience: Awaited<ReturnType<typeof mustFindAudience>>): Promise<string> {
  const wanted = await requestRun(deps.db.sql, audience.id, 'instant')
  await hintAudience(deps, audience, 'wake')
  return wanted
}

const wrongType = () =>
  new ApiProblem(415, {
    code: 'content_type',
    detail: 'The body is not declared as one of the formats that can be read.',
    next: `Send one of: ${pushedTypes.join(', ')}.`,
  })
