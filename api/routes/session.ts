import { z } from '@hono/zod-openapi'
import { roles } from '../../db/schema/api-key.ts'
import type { Deps } from '../deps.ts'
import { id, iso, moment } from '../present.ts'
import { ApiProblem } from '../problem.ts'
import { answers, route, router } from '../router.ts'
import { endSession, openSession } from '../session.ts'

const session = z
  .object({
    key: z.object({ id, name: z.string(), role: z.enum(roles) }),
    until: moment.nullable().openapi({ description: 'When the session ends; null with an API key' }),
    temporalUi: z.string().nullable().openapi({ description: 'Where the Temporal UI shows this namespace' }),
  })
  .openapi('Session')

const tags = ['Session']

const begin = route('viewer', {
  method: 'post',
  path: '/v1/session',
  tags,
  summary: 'Begin a session of the console',
  description:
    'With the API key in `Authorization`, as ever. The answer sets a cookie (HttpOnly, SameSite=Strict) that stands for the key for eight hours, or until the key is revoked. A session changes things from its own origin only.',
  responses: { 201: answers(session, 'The session; its cookie is set') },
})
const read = route('viewer', {
  method: 'get',
  path: '/v1/session',
  tags,
  summary: 'Who is asking, and what that key may do',
  responses: { 200: answers(session, 'The key of the request') },
})
const end = route('viewer', {
  method: 'delete',
  path: '/v1/session',
  tags,
  summary: 'End the session of this browser',
  responses: { 204: { description: 'The cookie is taken back' } },
})

export const sessionRoutes = (deps: Deps) =>
  router()
    .openapi(begin, (c) => {
      if (c.get('session')) throw keyNeeded()
      const key = c.get('key')
      return c.json(present(deps, key, openSession(c, deps, key.id).until), 201)
    })
    .openapi(read, (c) => c.json(present(deps, c.get('key'), c.get('session')?.until), 200))
    .openapi(end, (c) => {
      endSession(c)
      return c.body(null, 204)
    })

const present = (
  { config }: Deps,
  { id, name, role }: { id: string; name: string; role: (typeof roles)[number] },
  until: number | undefined,
) => ({
  key: { id, name, role },
  until: until === undefined ? null : iso(new Date(until)),
  temporalUi: config.temporalUi ?? null,
})

// Else a cookie could be made to last for ever by itself.
const keyNeeded = () =>
  new ApiProblem(401, {
    code: 'api_key',
    detail: 'A session begins with an API key, not with another session.',
    next: 'Send the header "Authorization: Bearer as_…" with a valid key.',
  })
