import { z } from '@hono/zod-openapi'
import {
  createSource,
  deleteSource,
  findSource,
  listSources,
  type SourceRow,
  updateSource,
} from '../../db/queries/source.ts'
import type { Deps } from '../deps.ts'
import { asPage, pageOf, pageQuery, readCursor } from '../paging.ts'
import { id, iso, moment } from '../present.ts'
import { conflict, notFound } from '../problem.ts'
import { answers, byId, route, router, takes } from '../router.ts'
import { openAddress, refuseUnlessReachable, withStoredSource } from '../source.ts'

const name = z.string().trim().min(1).max(200)
const credentials = z.strictObject({
  url: z
    .string()
    .trim()
    .max(4_000)
    .refine(isPostgresUrl, 'It must be an address such as postgres://user:password@host:5432/database')
    .meta({ secret: true }),
})

const source = z
  .object({
    id,
    name: z.string(),
    kind: z.literal('postgres'),
    connection: z.object({ host: z.string(), port: z.string(), database: z.string(), user: z.string() }),
    createdAt: moment,
    updatedAt: moment,
  })
  .openapi('Source')

const found = z
  .object({
    ok: z.boolean(),
    problems: z.array(z.object({ code: z.string(), what: z.string(), whose: z.string(), next: z.string() })),
    facts: z.record(z.string(), z.string()),
  })
  .openapi('SourceCheck')

const table = z
  .object({
    schema: z.string(),
    name: z.string(),
    qualified: z.string().openapi({ description: 'What `source.table` of an audience takes' }),
    kind: z.string(),
    columns: z.array(z.object({ name: z.string(), type: z.string() })),
  })
  .openapi('Table')

const tags = ['Sources']
const request = { params: byId }

const list = route('viewer', {
  method: 'get',
  path: '/v1/sources',
  tags,
  summary: 'Connected sources',
  request: { query: pageQuery },
  responses: { 200: answers(pageOf(source), 'A page of sources') },
})
const create = route('admin', {
  method: 'post',
  path: '/v1/sources',
  tags,
  summary: 'Connect a source',
  description: 'The connection is checked before it is stored; its address is stored sealed and never returned.',
  request: { body: takes(z.strictObject({ name, kind: z.literal('postgres'), credentials })) },
  responses: { 201: answers(source, 'The source') },
})
const read = route('viewer', {
  method: 'get',
  path: '/v1/sources/{id}',
  tags,
  summary: 'One source',
  request,
  responses: { 200: answers(source, 'The source') },
})
const change = route('admin', {
  method: 'patch',
  path: '/v1/sources/{id}',
  tags,
  summary: 'Rename a source, or move it to another address',
  request: { ...request, body: takes(z.strictObject({ name: name.optional(), credentials: credentials.optional() })) },
  responses: { 200: answers(source, 'The source') },
})
const remove = route('admin', {
  method: 'delete',
  path: '/v1/sources/{id}',
  tags,
  summary: 'Delete a source that no audience reads',
  request,
  responses: { 204: { description: 'Deleted' } },
})
const check = route('operator', {
  method: 'post',
  path: '/v1/sources/{id}/check',
  tags,
  summary: 'Check the connection now',
  request,
  responses: { 200: answers(found, 'What the check found') },
})
const tables = route('viewer', {
  method: 'get',
  path: '/v1/sources/{id}/tables',
  tags,
  summary: 'Tables and views with their columns',
  request,
  responses: { 200: answers(z.object({ items: z.array(table), next: z.null() }), 'All of them') },
})

export const sourceRoutes = (deps: Deps) => {
  const { db, seal } = deps
  return router()
    .openapi(list, async (c) => {
      const { after, limit } = c.req.valid('query')
      const rows = await listSources(db.orm, { after: readCursor(after), limit })
      return c.json(
        asPage(
          rows,
          limit,
          (row) => ({ at: iso(row.createdAt), id: row.id }),
          (row) => present(deps, row),
        ),
        200,
      )
    })
    .openapi(create, async (c) => {
      const { name, kind, credentials } = c.req.valid('json')
      await refuseUnlessReachable(deps, credentials.url)
      const row = await createSource(db.orm, { name, kind, credentials: seal.seal(JSON.stringify(credentials)) })
      c.header('location', `/v1/sources/${row.id}`)
      return c.json(present(deps, row), 201)
    })
    .openapi(read, async (c) => {
      const row = await findSource(db.orm, c.req.valid('param').id)
      if (!row) throw notFound('source')
      return c.json(present(deps, row), 200)
    })
    .openapi(change, async (c) => {
      const { name, credentials } = c.req.valid('json')
      if (credentials) await refuseUnlessReachable(deps, credentials.url)
      const row = await updateSource(db.orm, c.req.valid('param').id, {
        ...(name && { name }),
        ...(credentials && { credentials: seal.seal(JSON.stringify(credentials)) }),
      })
      if (!row) throw notFound('source')
      return c.json(present(deps, row), 200)
    })
    .openapi(remove, async (c) => {
      const { found, users } = await deleteSource(db.orm, c.req.valid('param').id)
      if (!found) throw notFound('source')
      if (users.length > 0)
        throw conflict(
          'in_use',
          `These audiences read this source: ${users.join(', ')}.`,
          'Archive or delete them, or give them another source.',
          { users },
        )
      return c.body(null, 204)
    })
    .openapi(check, async (c) => {
      const { ok, problems, facts } = await withStoredSource(deps, c.req.valid('param').id, (each) => each.check())
      return c.json({ ok, problems: [...problems], facts: { ...facts } }, 200)
    })
    .openapi(tables, async (c) => {
      const items = await withStoredSource(deps, c.req.valid('param').id, (each) => each.tables())
      return c.json({ items: items.map((item) => ({ ...item, columns: [...item.columns] })), next: null }, 200)
    })
}

/** Nothing but PostgreSQL over the network: no other protocol, no path of a socket. */
function isPostgresUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, pathname } = new URL(text)
  return (protocol === 'postgres:' || protocol === 'postgresql:') && hostname !== '' && pathname.length > 1
}

function present(deps: Deps, row: SourceRow) {
  const { hostname, port, pathname, username } = openAddress(deps, row)
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    connection: {
      host: hostname,
      port: port || '5432',
      database: decodeURIComponent(pathname.slice(1)),
      user: decodeURIComponent(username),
    },
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
  }
}
