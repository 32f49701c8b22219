import { z } from '@hono/zod-openapi'
import { updateAudience } from '../../db/queries/audience.ts'
import { syncsOfAudience } from '../../db/queries/sync.ts'
import { audience, mustFindAudience, presentAudience } from '../audience-shape.ts'
import type { Deps } from '../deps.ts'
import { hintAudience } from '../hint.ts'
import { mask } from '../mask.ts'
import { offeredFields, sampleMembers } from '../members-sample.ts'
import { conflict, notFound, unusable } from '../problem.ts'
import { answers, byId, route, router, takes } from '../router.ts'

const field = z
  .object({
    name: z.string(),
    type: z.string(),
    chosen: z.boolean(),
    isMemberId: z.boolean(),
    filled: z.number().nullable().openapi({ description: 'Share of the sample with a value, 0 to 1' }),
    samples: z.array(z.string()).openapi({ description: 'Some values, masked' }),
  })
  .openapi('Field')

const read = route('viewer', {
  method: 'get',
  path: '/v1/audiences/{id}/fields',
  tags: ['Audiences'],
  summary: 'What the source offers: fields with types, how full they are, masked samples',
  request: { params: byId },
  responses: {
    200: answers(
      z.object({
        sampled: z.number().openapi({ description: 'Rows looked at' }),
        items: z.array(field),
        next: z.null(),
      }),
      'The fields in the order of the source',
    ),
  },
})

const choose = route('operator', {
  method: 'put',
  path: '/v1/audiences/{id}/schema',
  tags: ['Audiences'],
  summary: 'Choose the fields to use',
  request: {
    params: byId,
    body: takes(z.strictObject({ fields: z.array(z.string().min(1).max(200)).min(1).max(300) })),
  },
  responses: { 200: answers(audience, 'The audience') },
})

export const fieldRoutes = (deps: Deps) => {
  const { db } = deps
  return router()
    .openapi(read, async (c) => {
      const row = await mustFindAudience(deps, c.req.valid('param').id)
      const { columns, rows } = await sampleMembers(deps, row, { count: false })
      const items = columns.map(({ name, type }, at) => {
        const values = rows.flatMap((each) =>
          each[at] === null || each[at] === undefined || each[at] === '' ? [] : [each[at]],
        )
        return {
          name,
          type,
          chosen: row.fields.includes(name),
          isMemberId: row.memberId === name,
          filled: rows.length === 0 ? null : Math.round((values.length / rows.length) * 1_000) / 1_000,
          samples: [...new Set(values.slice(0, 50).map(mask))].slice(0, 3),
        }
      })
      return c.json({ sampled: rows.length, items, next: null }, 200)
    })
    .openapi(choose, async (c) => {
      const { fields } = c.req.valid('json')
      const before = await mustFindAudience(deps, c.req.valid('param').id)
      refuseTwice(fields)
      refuseUnknown(fields, await offeredFields(deps, before))
      await refuseWhileMapped(deps, before.id, fields)
      const row = await updateAudience(db.orm, before.id, { fields })
      if (!row) throw notFound('audience')
      await hintAudience(deps, row, 'wake')
      return c.json(presentAudience(row), 200)
    })
}

function refuseTwice(fields: readonly string[]): void {
  const twice = fields.filter((name, at) => fields.indexOf(name) !== at)
  if (twice.length === 0) return
  throw unusable('twice', 'A field is named twice.', 'Name each field once.', [
    { path: 'fields', message: `Twice: ${[...new Set(twice)].join(', ')}` },
  ])
}

function refuseUnknown(fields: readonly string[], offered: readonly string[] | undefined): void {
  if (offered === undefined) return
  const unknown = fields.filter((name) => !offered.includes(name))
  if (unknown.length === 0) return
  throw unusable(
    'missing_field',
    `The source does not offer ${unknown.join(', ')}.`,
    `It offers: ${offered.slice(0, 50).join(', ')}. Choose among these, or change the query.`,
    unknown.map((name) => ({ path: `fields.${fields.indexOf(name)}`, message: 'The source does not offer it' })),
  )
}

async function refuseWhileMapped({ db }: Deps, audienceId: string, fields: readonly string[]): Promise<void> {
  const users = (await syncsOfAudience(db.orm, audienceId)).flatMap(({ destination, mapping }) => {
    const lost = Object.values(mapping).filter((name) => !fields.includes(name))
    return lost.length > 0 ? [`the sync to ${destination.name} maps ${[...new Set(lost)].join(', ')}`] : []
  })
  if (users.length === 0) return
  throw conflict(
    'field_in_use',
    `Fields that are in use would go: ${users.join('; ')}.`,
    'Change the mapping of those syncs first, or keep the fields.',
  )
}
