import { z } from '@hono/zod-openapi'
import type { List } from '../../destinations/define.ts'
import { openLists } from '../connection.ts'
import type { Deps } from '../deps.ts'
import { pageOf } from '../paging.ts'
import { answers, byId, route, router } from '../router.ts'
import { mustFind } from './destinations.ts'

export const list = z
  .object({
    id: z.string(),
    name: z.string(),
    usable: z.boolean().openapi({ description: 'Whether members may be changed now' }),
    problem: z.string().optional(),
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.null()])).openapi({
      description: "The platform's own facts, label to value",
    }),
  })
  .openapi('List')

const browse = route('viewer', {
  method: 'get',
  path: '/v1/destinations/{id}/lists',
  tags: ['Lists'],
  summary: 'Lists that exist at the destination',
  request: {
    params: byId,
    query: z.object({
      search: z.string().trim().min(1).max(200).optional().openapi({ description: 'Part of the name' }),
      after: z.string().max(2_000).optional(),
      limit: z.coerce.number().int().min(1).max(100).default(20),
    }),
  },
  responses: { 200: answers(pageOf(list), "A page, as large as the platform's own pages at most") },
})

const read = route('viewer', {
  method: 'get',
  path: '/v1/destinations/{id}/lists/{listId}',
  tags: ['Lists'],
  summary: 'One list: custom audience info',
  request: { params: byId.extend({ listId: z.string().min(1).max(200) }) },
  responses: { 200: answers(list, 'The list as the platform tells of it') },
})

export const listRoutes = (deps: Deps) =>
  router()
    .openapi(browse, async (c) => {
      const { search, after, limit } = c.req.valid('query')
      const row = await mustFind(deps, c.req.valid('param').id)
      const page = await openLists(deps, row).lists({ ...(search && { search }), ...(after && { after }), limit })
      return c.json({ items: page.lists.map(present), next: page.next ?? null }, 200)
    })
    .openapi(read, async (c) => {
      const { id, listId } = c.req.valid('param')
      const row = await mustFind(deps, id)
      return c.json(present(await openLists(deps, row).readList(listId)), 200)
    })

const present = ({ facts, ...rest }: List) => ({ ...rest, facts: { ...facts } })
