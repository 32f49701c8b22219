import { z } from '@hono/zod-openapi'
import {
  type AudienceRow,
  createAudience,
  deleteAudience,
  listAudiences,
  raiseSyncVersions,
  updateAudience,
} from '../../db/queries/audience.ts'
import { requestRun } from '../../db/queries/refresh.ts'
import { isPhoneCountry } from '../../identity/phone.ts'
import type { Selection } from '../../sources/define.ts'
import { audience, mustFindAudience, presentAudience, selectionOf } from '../audience-shape.ts'
import { audienceSummary, summarise } from '../audience-summary.ts'
import type { Deps } from '../deps.ts'
import { hintAudience } from '../hint.ts'
import { formatInterval, longestMs, parseInterval } from '../interval.ts'
import { asPage, pageOf, pageQuery, readCursor } from '../paging.ts'
import { iso } from '../present.ts'
import { conflict, notFound, unusable } from '../problem.ts'
import { answers, byId, route, router, takes } from '../router.ts'
import { withStoredSource } from '../source.ts'

const name = z.string().trim().min(1).max(200)
const fieldName = z.string().min(1).max(200)
const text = z.string().trim().min(1).max(100_000)
const interval = z.string().max(20).openapi({ example: '15m', description: 'A number with s, m, h or d' })
const country = z
  .string()
  .trim()
  .toUpperCase()
  .refine(isPhoneCountry, 'It must be a country code such as US or DE')
  .openapi({ example: 'US', description: 'The country of phone numbers that show none' })
const brake = z.strictObject({
  percent: z.number().int().min(0).max(100).default(30),
  minimum: z.number().int().min(0).max(1_000_000_000).default(100),
})
const oneOf = (given: { query?: unknown; table?: unknown }) =>
  (given.query === undefined) !== (given.table === undefined)
const newSource = z
  .strictObject({ id: z.uuid(), query: text.optional(), table: text.optional(), memberId: fieldName })
  .refine(oneOf, { message: 'Give either a query or a table', path: ['query'] })
const changedSource = z
  .strictObject({
    id: z.uuid().optional(),
    query: text.optional(),
    table: text.optional(),
    memberId: fieldName.optional(),
  })
  .refine((given) => given.query === undefined || given.table === undefined, {
    message: 'Give either a query or a table',
    path: ['query'],
  })

const settings = { defaultCountry: country.nullish(), brake: brake.optional() }
const newAudience = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('dynamic'),
    name,
    source: newSource,
    refreshInterval: interval.nullish(),
    ...settings,
  }),
  z.strictObject({ kind: z.literal('static'), name, memberId: fieldName.optional(), ...settings }),
])
const changes = z.strictObject({
  name: name.optional(),
  refreshInterval: interval.optional(),
  source: changedSource.optional(),
  ...settings,
})

const tags = ['Audiences']
const request = { params: byId }

const list = route('viewer', {
  method: 'get',
  path: '/v1/audiences',
  tags,
  summary: 'Audiences',
  request: {
    query: pageQuery.extend({
      status: z.enum(['draft', 'active', 'archiving', 'archived']).optional(),
      kind: z.enum(['dynamic', 'static']).optional(),
      search: z.string().trim().min(1).max(200).optional().openapi({ description: 'Part of the name' }),
    }),
  },
  responses: { 200: answers(pageOf(audienceSummary), 'A page of audiences, with how each of their syncs stands') },
})
const create = route('operator', {
  method: 'post',
  path: '/v1/audiences',
  tags,
  summary: 'Create an audience',
  description:
    'A dynamic audience reads a query, table or view of a source at its refresh interval; a static one gets its members pushed. Without `memberId` a static audience takes the column `member_id`, `memberId` or `id` of its first upload.',
  request: { body: takes(newAudience) },
  responses: { 201: answers(audience, 'The audience, a draft') },
})
const read = route('viewer', {
  method: 'get',
  path: '/v1/audiences/{id}',
  tags,
  summary: 'One audience',
  request,
  responses: { 200: answers(audience, 'The audience') },
})
const change = route('operator', {
  method: 'patch',
  path: '/v1/audiences/{id}',
  tags,
  summary: 'Change an audience',
  description: 'A new interval takes effect at once; a new query or default country with a run of its own.',
  request: { ...request, body: takes(changes) },
  responses: { 200: answers(audience, 'The audience') },
})
const remove = route('operator', {
  method: 'delete',
  path: '/v1/audiences/{id}',
  tags,
  summary: 'Delete a draft or an archived audience',
  request,
  responses: { 204: { description: 'Deleted, with its syncs, runs and members' } },
})

/** The member id of a static audience that named none, until its first upload shows what there is. */
export const usualMemberId = 'member_id'

export const audienceRoutes = (deps: Deps) => {
  const { db } = deps
  return router()
    .openapi(list, async (c) => {
      const { after, ...wanted } = c.req.valid('query')
      const rows = await listAudiences(db.orm, { after: readCursor(after), ...wanted })
      const present = await summarise(deps, rows)
      return c.json(
        asPage(rows, wanted.limit, (row) => ({ at: iso(row.createdAt), id: row.id }), present),
        200,
      )
    })
    .openapi(create, async (c) => {
      const given = c.req.valid('json')
      const common = { name: given.name, defaultCountry: given.defaultCountry ?? null, ...brakeColumns(given.brake) }
      if (given.kind === 'static') {
        const row = await createAudience(db.orm, {
          ...common,
          kind: 'static',
          memberId: given.memberId ?? usualMemberId,
        })
        c.header('location', `/v1/audiences/${row.id}`)
        return c.json(presentAudience(row), 201)
      }
      const { id, query, table, memberId } = given.source
      await checkColumns(deps, id, query === undefined ? { table: table ?? '' } : { query }, [memberId])
      const row = await createAudience(db.orm, {
        ...common,
        kind: 'dynamic',
        sourceId: id,
        query: query ?? null,
        tableName: table ?? null,
        memberId,
        refreshIntervalMs: given.refreshInterval ? intervalMs(deps, given.refreshInterval) : null,
      })
      c.header('location', `/v1/audiences/${row.id}`)
      return c.json(presentAudience(row), 201)
    })
    .openapi(read, async (c) => c.json(presentAudience(await mustFindAudience(deps, c.req.valid('param').id)), 200))
    .openapi(change, async (c) => {
      const given = c.req.valid('json')
      const before = await mustFindAudience(deps, c.req.valid('param').id)
      if (before.kind === 'static' && (given.source || given.refreshInterval))
        throw conflict(
          'static',
          'A static audience has no source and no refresh interval.',
          'Push its members with PUT /v1/audiences/{id}/members.',
        )
      const read = given.source ? await changedReading(deps, before, given.source) : {}
      const country = given.defaultCountry === undefined ? before.defaultCountry : given.defaultCountry
      const row = await updateAudience(db.orm, before.id, {
        ...read,
        ...(given.name && { name: given.name }),
        ...(given.refreshInterval && { refreshIntervalMs: intervalMs(deps, given.refreshInterval) }),
        ...(given.brake && brakeColumns(given.brake)),
        defaultCountry: country,
      })
      if (!row) throw notFound('audience')
      // What is sent for a member depends on the country: deliveries that are under way with the old one stop.
      if (country !== before.defaultCountry) await raiseSyncVersions(db.orm, row.id)
      if (row.status === 'active' && (given.source || country !== before.defaultCountry))
        await requestRun(db.sql, row.id, 'settings')
      await hintAudience(deps, row, 'wake')
      return c.json(presentAudience(row), 200)
    })
    .openapi(remove, async (c) => {
      const done = await deleteAudience(db.orm, c.req.valid('param').id)
      if (done === undefined) throw notFound('audience')
      if (done !== 'deleted')
        throw conflict(
          'not_archived',
          `This audience is ${done}; only a draft or an archived one can be deleted.`,
          'Archive it first, and say what happens to the members of its lists.',
        )
      return c.body(null, 204)
    })
}

const brakeColumns = (given: z.output<typeof brake> | undefined) =>
  given ? { brakePercent: given.percent, brakeMinimum: given.minimum } : {}

function intervalMs({ config }: Pick<Deps, 'config'>, given: string): number {
  const ms = parseInterval(given)
  const shortest = config.minRefreshMs
  if (ms !== undefined && ms >= shortest && ms <= longestMs) return ms
  throw unusable(
    'refresh_interval',
    'The refresh interval cannot be used.',
    'Write a number with s, m, h or d, such as "15m" or "1d".',
    [
      {
        path: 'refreshInterval',
        message:
          ms === undefined
            ? 'It must be a number with s, m, h or d, such as 15m'
            : `It must be from ${formatInterval(shortest)} to ${formatInterval(longestMs)}`,
      },
    ],
  )
}

/** Asks the source whether the selection works and offers these fields. */
async function checkColumns(
  deps: Deps,
  sourceId: string,
  selection: Selection,
  needed: readonly string[],
): Promise<void> {
  const columns = await withStoredSource(deps, sourceId, (source) => source.columns(selection))
  const names = columns.map((column) => column.name)
  const missing = needed.filter((field) => !names.includes(field))
  if (missing.length === 0) return
  throw unusable(
    'missing_field',
    `The source does not offer ${missing.join(', ')}.`,
    `It offers: ${names.slice(0, 50).join(', ')}. Choose among these, or change the query.`,
    [{ path: 'source.memberId', message: `Not offered: ${missing.join(', ')}` }],
  )
}

async function changedReading(deps: Deps, before: AudienceRow, given: z.output<typeof changedSource>) {
  const sourceId = given.id ?? before.sourceId
  const memberId = given.memberId ?? before.memberId
  const reads =
    given.query !== undefined
      ? { query: given.query, tableName: null }
      : given.table !== undefined
        ? { query: null, tableName: given.table }
        : { query: before.query, tableName: before.tableName }
  if (sourceId === null) throw conflict('no_source', 'The source of this audience was deleted.', 'Send source.id too.')
  await checkColumns(deps, sourceId, selectionOf({ ...before, ...reads }), [memberId, ...before.fields])
  return { sourceId, memberId, ...reads }
}
