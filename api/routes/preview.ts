import { z } from '@hono/zod-openapi'
import type { AudienceRow } from '../../db/queries/audience.ts'
import { type SyncWithNames, syncsOfAudience } from '../../db/queries/sync.ts'
import type { Mode } from '../../destinations/index.ts'
import { suggestMapping } from '../../destinations/mapping.ts'
import { splitMapping } from '../../destinations/properties.ts'
import { mustFindAudience } from '../audience-shape.ts'
import { mappingFor } from '../check-mapping.ts'
import { sideIn } from '../connection.ts'
import type { Deps } from '../deps.ts'
import { mask } from '../mask.ts'
import { type Sample, sampleMembers } from '../members-sample.ts'
import { id } from '../present.ts'
import { answers, byId, route, router, takes } from '../router.ts'
import { type Usability, usabilityOf } from '../usability.ts'
import { whatWouldBeSent } from '../what-would-be-sent.ts'

const reasons = z.array(z.object({ reason: z.string(), members: z.number() }))
const mode = z.enum(['list', 'event'])
const judged = z.object({
  syncId: id.nullable().openapi({ description: 'Null: how it would be with the suggested mapping' }),
  platform: z.string(),
  mode,
  destination: z.object({ id, name: z.string() }).nullable(),
  mapping: z.record(z.string(), z.string()),
  usable: z.number(),
  unusable: z.number(),
  reasons,
  identifiers: z.array(
    z.object({
      identifier: z.string(),
      field: z.string(),
      usable: z.number(),
      empty: z.number(),
      refused: z.number(),
      reasons,
    }),
  ),
})
const preview = z
  .object({
    size: z.number().nullable(),
    sampled: z.number().openapi({ description: 'Members that the shares below were counted over' }),
    sample: z.array(z.record(z.string(), z.string().nullable())).openapi({ description: 'Some members, masked' }),
    syncs: z.array(judged),
    warnings: z.array(z.object({ code: z.string(), what: z.string(), next: z.string() })),
  })
  .openapi('Preview')

const read = route('viewer', {
  method: 'get',
  path: '/v1/audiences/{id}/preview',
  tags: ['Audiences'],
  summary: 'Size, masked sample, and per sync who is usable and why others are not',
  request: {
    params: byId,
    query: z.object({
      platform: z
        .string()
        .optional()
        .openapi({ description: 'Also judge the mapping that is suggested for this platform' }),
      mode: mode.default('list'),
    }),
  },
  responses: { 200: answers(preview, 'What a run would find, counted over a sample') },
})

const trial = route('viewer', {
  method: 'post',
  path: '/v1/audiences/{id}/preview',
  tags: ['Audiences'],
  summary: 'What a mapping would send, before it is saved',
  description: 'Without `mapping`, the one that is suggested by the usual names of fields.',
  request: {
    params: byId,
    body: takes(
      z.strictObject({
        platform: z.string(),
        mode: mode.default('list'),
        mapping: z.record(z.string(), z.string().min(1).max(200)).optional(),
      }),
    ),
  },
  responses: {
    200: answers(
      judged.omit({ syncId: true, destination: true }).extend({
        size: z.number().nullable(),
        sampled: z.number(),
        members: z
          .array(
            z.object({
              fields: z.record(z.string(), z.string().nullable()),
              sent: z.record(z.string(), z.string()).openapi({
                description: 'Identifier to what would be sent: the beginning of its hash, or masked',
              }),
              usable: z.boolean(),
              why: z.string().nullable(),
            }),
          )
          .openapi({ description: 'Some members, masked; those that cannot be used come with the reason' }),
      }),
      'Counted over a sample',
    ),
  },
})

const shown = 5

export const previewRoutes = (deps: Deps) =>
  router()
    .openapi(trial, async (c) => {
      const audience = await mustFindAudience(deps, c.req.valid('param').id)
      const { platform, mode, mapping: given } = c.req.valid('json')
      const side = sideIn(platform, mode)
      const mapping = mappingFor(side, audience.fields, given)
      const sample = await sampleMembers(deps, audience, { count: true })
      const members = whatWouldBeSent(side, mapping, sample, audience)
      const told = {
        platform,
        mode,
        mapping,
        ...judge({ platform, mode, mapping, settings: undefined }, sample, audience),
      }
      return c.json({ ...told, size: sample.size, sampled: sample.rows.length, members }, 200)
    })
    .openapi(read, async (c) => {
      const audience = await mustFindAudience(deps, c.req.valid('param').id)
      const { platform, mode } = c.req.valid('query')
      const sample = await sampleMembers(deps, audience, { count: true })
      const wanted = [
        ...(await syncsOfAudience(deps.db.orm, audience.id)).map(ofSync),
        ...(platform === undefined ? [] : [suggestedFor(platform, mode, audience)]),
      ]
      const syncs = wanted.map(({ settings, ...each }) => ({
        ...each,
        ...judge({ ...each, settings }, sample, audience),
      }))
      return c.json(
        {
          size: sample.size,
          sampled: sample.rows.length,
          sample: sample.rows.slice(0, shown).map((row) => masked(sample, row, audience)),
          syncs,
          warnings: warningsOf(syncs, sample, audience),
        },
        200,
      )
    })

type Wanted = {
  syncId: string | null
  platform: string
  mode: Mode
  destination: { id: string; name: string } | null
  mapping: Record<string, string>
  settings: Record<string, unknown> | undefined
}

const ofSync = ({ id, destination, mode, mapping }: SyncWithNames): Wanted => ({
  syncId: id,
  platform: destination.platform,
  mode,
  destination: { id: destination.id, name: destination.name },
  mapping: splitMapping(mapping).identifiers,
  settings: destination.settings,
})

const suggestedFor = (platform: string, mode: Mode, audience: AudienceRow): Wanted => ({
  syncId: null,
  platform,
  mode,
  destination: null,
  settings: undefined,
  mapping: suggestMapping(sideIn(platform, mode).identifiers, audience.fields),
})

const judge = (
  { platform, mode, mapping, settings }: Pick<Wanted, 'platform' | 'mode' | 'mapping' | 'settings'>,
  sample: Sample,
  audience: AudienceRow,
) => usabilityOf(sideIn(platform, mode), mapping, sample, { country: audience.defaultCountry ?? undefined, settings })

function masked({ columns }: Sample, row: readonly (string | null)[], audience: AudienceRow) {
  const used = audience.fields.length > 0 ? [audience.memberId, ...audience.fields] : columns.map(({ name }) => name)
  return Object.fromEntries(
    columns.flatMap(({ name }, at) => {
      if (!used.includes(name)) return []
      const value = row[at] ?? null
      return [[name, value === null ? null : mask(value)]]
    }),
  )
}

function warningsOf(
  syncs: readonly (Omit<Wanted, 'settings'> & Usability)[],
  { columns, rows }: Sample,
  audience: AudienceRow,
) {
  const names = columns.map(({ name }) => name)
  const gone =
    rows.length === 0
      ? []
      : [...new Set(syncs.flatMap(({ mapping }) => Object.values(mapping)))].filter((name) => !names.includes(name))
  const local = new Map(
    syncs.flatMap(({ identifiers }) =>
      identifiers.flatMap(({ field, withoutCountry }) =>
        withoutCountry > 0 ? [[field, withoutCountry] as const] : [],
      ),
    ),
  )
  return [
    ...(rows.length === 0
      ? [{ code: 'empty', what: 'There is nobody in this audience now.', next: 'Check the query, or upload members.' }]
      : []),
    ...gone.map((name) => ({
      code: 'missing_field',
      what: `The source does not offer ${name} any more, and a sync maps it.`,
      next: 'Change the query or the mapping.',
    })),
    ...(audience.defaultCountry === null
      ? [...local].map(([field, members]) => ({
          code: 'no_country',
          what: `${members} of ${rows.length} values of ${field} show no country code.`,
          next: 'Set the country they belong to: PATCH /v1/audiences/{id} {"defaultCountry": "US"}.',
        }))
      : []),
  ]
}
