import { z } from '@hono/zod-openapi'
import { type ApiKey, createApiKey, listApiKeys, revokeApiKey } from '../../db/queries/api-key.ts'
import { roles } from '../../db/schema/api-key.ts'
import { hashApiKey, hintOf, makeApiKey } from '../auth.ts'
import type { Deps } from '../deps.ts'
import { asPage, pageOf, pageQuery, readCursor } from '../paging.ts'
import { id, iso, isoOrNull, moment } from '../present.ts'
import { conflict, notFound } from '../problem.ts'
import { answers, byId, route, router, takes } from '../router.ts'

const apiKey = z
  .object({
    id,
    name: z.string(),
    role: z.enum(roles),
    hint: z.string().openapi({ description: 'Its first characters' }),
    createdAt: moment,
    lastUsedAt: moment.nullable(),
  })
  .openapi('ApiKey')

const list = route('admin', {
  method: 'get',
  path: '/v1/api-keys',
  tags: ['API keys'],
  summary: 'API keys that are valid',
  request: { query: pageQuery },
  responses: { 200: answers(pageOf(apiKey), 'A page of keys') },
})

const create = route('admin', {
  method: 'post',
  path: '/v1/api-keys',
  tags: ['API keys'],
  summary: 'Make an API key',
  request: {
    body: takes(z.strictObject({ name: z.string().trim().min(1).max(200), role: z.enum(roles) })),
  },
  responses: {
    201: answers(
      apiKey.extend({ key: z.string().openapi({ description: 'Shown this once and not kept' }) }),
      'The key itself is in this answer only',
    ),
  },
})

const remove = route('admin', {
  method: 'delete',
  path: '/v1/api-keys/{id}',
  tags: ['API keys'],
  summary: 'Revoke an API key',
  request: { params: byId },
  responses: { 204: { description: 'It is no longer valid' } },
})

export const apiKeyRoutes = ({ db }: Deps) =>
  router()
    .openapi(list, async (c) => {
      const { after, limit } = c.req.valid('query')
      const rows = await listApiKeys(db.orm, { after: readCursor(after), limit })
      return c.json(
        asPage(rows, limit, (row) => ({ at: iso(row.createdAt), id: row.id }), present),
        200,
      )
    })
    .openapi(create, async (c) => {
      const key = makeApiKey()
      const row = await createApiKey(db.orm, { ...c.req.valid('json'), hash: hashApiKey(key), hint: hintOf(key) })
      if (!row) throw new Error('A new random key was there already.')
      c.header('location', `/v1/api-keys/${row.id}`)
      return c.json({ ...present(row), key }, 201)
    })
    .openapi(remove, async (c) => {
      const done = await revokeApiKey(db.orm, c.req.valid('param').id)
      if (done === undefined) throw notFound('API key')
      if (done === 'last_admin')
        throw conflict(
          'last_admin',
          'This is the last admin key.',
          'Make another admin key first, then revoke this one.',
        )
      return c.body(null, 204)
    })

const present = (row: ApiKey) => ({
  id: row.id,
  name: row.name,
  role: row.role,
  hint: row.hint,
  createdAt: iso(row.createdAt),
  lastUsedAt: isoOrNull(row.lastUsedAt),
})
