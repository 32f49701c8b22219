import { z } from '@hono/zod-openapi'
import {
  createDestination,
  type DestinationRow,
  deleteDestination,
  findDestination,
  listDestinations,
  readQuotas,
  storeVerdict,
  syncsOfDestination,
  updateDestination,
} from '../../db/queries/destination.ts'
import { requestRun } from '../../db/queries/refresh.ts'
import type { Opened, Verdict } from '../../destinations/define.ts'
import { sunsetWarning } from '../../destinations/sunset.ts'
import {
  accountSideOf,
  openAccount,
  openCredentials,
  openDestination,
  parseAccount,
  type Side,
  sandboxAccountFor,
  sealCredentials,
} from '../connection.ts'
import type { Deps } from '../deps.ts'
import { hintAudience } from '../hint.ts'
import { asPage, pageOf, pageQuery, readCursor } from '../paging.ts'
import { id, iso, isoOrNull, moment, standingProblem } from '../present.ts'
import { ApiProblem, conflict, notFound } from '../problem.ts'
import { answers, byId, route, router, takes } from '../router.ts'

const anything = z.record(z.string(), z.unknown())
const name = z.string().trim().min(1).max(200)

const warning = z
  .object({
    code: z.literal('api_sunset'),
    what: z.string(),
    whose: z.string(),
    next: z.string(),
    sunset: z.string().openapi({ description: 'The day on which the API version of this destination ends' }),
    daysLeft: z.number(),
  })
  .openapi('DestinationWarning')

const destination = z
  .object({
    id,
    name: z.string(),
    platform: z.string(),
    account: z.string().openapi({ description: 'The account at the platform' }),
    settings: anything,
    credentials: z
      .array(z.string())
      .openapi({ description: 'Names of the credentials that are set; never their values' }),
    sandbox: z.boolean(),
    status: z.enum(['connected', 'needs_attention']),
    problem: standingProblem.nullable(),
    warning: warning.nullable().openapi({ description: 'What needs a person soon, while everything still works' }),
    checkedAt: moment.nullable(),
    createdAt: moment,
  })
  .openapi('Destination')

const verdict = z
  .object({
    ok: z.boolean(),
    account: z.string().optional(),
    problems: z.array(z.object({ what: z.string(), whose: z.string(), next: z.string(), code: z.string().optional() })),
  })
  .openapi('Verdict')

const withSecret = destination
  .extend({
    secret: z.string().nullable().openapi({
      description: 'A secret that was made for this destination: shown now and never again. Null where none was made',
    }),
  })
  .openapi('DestinationWithSecret')

const health = z
  .object({
    status: z.enum(['connected', 'needs_attention']),
    problem: standingProblem.nullable(),
    checkedAt: moment.nullable(),
    quotas: z.array(
      z.object({
        key: z.string(),
        limit: z.number(),
        windowMs: z.number(),
        usedPercent: z.number().openapi({ description: 'The larger of our own count and what the platform says' }),
        blockedUntil: moment.nullable(),
      }),
    ),
  })
  .openapi('Health')

const tags = ['Destinations']
const request = { params: byId }

const list = route('viewer', {
  method: 'get',
  path: '/v1/destinations',
  tags,
  summary: 'Connected accounts',
  request: { query: pageQuery },
  responses: { 200: answers(pageOf(destination), 'A page of destinations') },
})
const create = route('admin', {
  method: 'post',
  path: '/v1/destinations',
  tags,
  summary: 'Connect an account at a platform',
  description:
    'The connection is checked before it is stored. With `sandbox: true` nothing else is needed: an account at the sandbox is made for it.',
  request: {
    body: takes(
      z.strictObject({
        name,
        platform: z.string(),
        settings: anything.default({}),
        credentials: anything.default({}),
        sandbox: z.boolean().default(false),
      }),
    ),
  },
  responses: { 201: answers(withSecret, 'The destination') },
})
const read = route('viewer', {
  method: 'get',
  path: '/v1/destinations/{id}',
  tags,
  summary: 'One destination',
  request,
  responses: { 200: answers(destination, 'The destination') },
})
const rotateSecret = route('admin', {
  method: 'post',
  path: '/v1/destinations/{id}/rotate-secret',
  tags,
  summary: 'Make a new secret for a destination whose secret is ours, such as a webhook',
  description:
    'The answer shows it once. Until the next rotation requests carry a signature by the one before as well, unless `keepPrevious` is false.',
  request: { ...request, body: takes(z.strictObject({ keepPrevious: z.boolean().default(true) })) },
  responses: { 200: answers(withSecret, 'The destination with its new secret') },
})
const change = route('admin', {
  method: 'patch',
  path: '/v1/destinations/{id}',
  tags,
  summary: 'Rename or reconnect a destination',
  description:
    'Settings and credentials that are sent replace those of the same name; the connection is checked first.',
  request: {
    ...request,
    body: takes(
      z.strictObject({ name: name.optional(), settings: anything.optional(), credentials: anything.optional() }),
    ),
  },
  responses: { 200: answers(destination, 'The destination') },
})
const remove = route('admin', {
  method: 'delete',
  path: '/v1/destinations/{id}',
  tags,
  summary: 'Delete a destination that no sync uses',
  request,
  responses: { 204: { description: 'Deleted' } },
})
const check = route('operator', {
  method: 'post',
  path: '/v1/destinations/{id}/check',
  tags,
  summary: 'Check the connection now',
  request,
  responses: { 200: answers(verdict, 'What the check found') },
})
const readHealth = route('viewer', {
  method: 'get',
  path: '/v1/destinations/{id}/health',
  tags,
  summary: 'Credentials and quota in use',
  request,
  responses: { 200: answers(health, 'How it is') },
})

export const destinationRoutes = (deps: Deps) => {
  const { db } = deps
  return router()
    .openapi(list, async (c) => {
      const { after, limit } = c.req.valid('query')
      const rows = await listDestinations(db.orm, { after: readCursor(after), limit })
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
      const { name, platform, sandbox, ...given } = c.req.valid('json')
      const definition = accountSideOf(platform)
      const made = sandbox ? await sandboxAccountFor(deps, platform) : undefined
      const own = ownSecretOf(definition)
      const brought = { ...made?.credentials, ...given.credentials }
      const secret = own && brought[own.field] === undefined ? own.make() : null
      const account = parseAccount(definition, {
        settings: { ...made?.settings, ...given.settings },
        credentials: { ...brought, ...(own && secret && { [own.field]: secret }) },
      })
      const opened = openAccount(deps, { platform, sandbox }, account)
      refuseUnlessOk(await opened.check())
      const row = await createDestination(db.orm, {
        name,
        platform,
        sandbox,
        settings: account.settings,
        credentials: sealCredentials(deps, account.credentials, made),
        account: opened.account,
      })
      c.header('location', `/v1/destinations/${row.id}`)
      return c.json({ ...present(deps, row), secret }, 201)
    })
    .openapi(read, async (c) => c.json(present(deps, await mustFind(deps, c.req.valid('param').id)), 200))
    .openapi(change, async (c) => {
      const { name, settings, credentials } = c.req.valid('json')
      const row = await mustFind(deps, c.req.valid('param').id)
      if (!settings && !credentials)
        return c.json(present(deps, await mustUpdate(deps, row.id, { ...(name && { name }) })), 200)

      const known = openCredentials(deps, row)
      const account = parseAccount(accountSideOf(row.platform), {
        settings: { ...row.settings, ...settings },
        credentials: { ...known.credentials, ...credentials },
      })
      const opened = openAccount(deps, row, account)
      await refuseOtherAccount(deps, row, opened)
      refuseUnlessOk(await opened.check())
      await updateDestination(db.orm, row.id, {
        ...(name && { name }),
        settings: account.settings,
        credentials: sealCredentials(deps, account.credentials, known.sandboxAccount),
        account: opened.account,
      })
      const connected = await storeVerdict(db.orm, row.id, null)
      await resumeSyncs(deps, row.id)
      if (!connected) throw notFound('destination')
      return c.json(present(deps, connected), 200)
    })
    .openapi(rotateSecret, async (c) => {
      const row = await mustFind(deps, c.req.valid('param').id)
      const { keepPrevious } = c.req.valid('json')
      const side = accountSideOf(row.platform)
      const own = ownSecretOf(side)
      if (!own)
        throw conflict(
          'no_own_secret',
          `The secrets of ${side.name} are the platform’s own.`,
          'Make new ones there, and set them with PATCH /v1/destinations/{id}.',
        )
      const known = openCredentials(deps, row)
      const secret = own.make()
      const { [own.field]: before, [own.previous]: _, ...others } = known.credentials
      const account = parseAccount(side, {
        settings: row.settings,
        credentials: {
          ...others,
          [own.field]: secret,
          ...(keepPrevious && before !== undefined && { [own.previous]: before }),
        },
      })
      const changed = await updateDestination(db.orm, row.id, {
        credentials: sealCredentials(deps, account.credentials, known.sandboxAccount),
      })
      if (!changed) throw notFound('destination')
      return c.json({ ...present(deps, changed), secret }, 200)
    })
    .openapi(remove, async (c) => {
      const { found, users } = await deleteDestination(db.orm, c.req.valid('param').id)
      if (!found) throw notFound('destination')
      if (users.length > 0)
        throw conflict(
          'in_use',
          `Syncs of these audiences use this destination: ${users.join(', ')}.`,
          'Delete those syncs first, and say for each what happens to its members.',
          { users },
        )
      return c.body(null, 204)
    })
    .openapi(check, async (c) => {
      const row = await mustFind(deps, c.req.valid('param').id)
      // The sandbox keeps its accounts in memory: one that it forgot is made again, as it was.
      const { sandboxAccount } = openCredentials(deps, row)
      if (row.sandbox && sandboxAccount) await sandboxAccountFor(deps, row.platform, sandboxAccount)
      const found = await openDestination(deps, row).check()
      await storeVerdict(db.orm, row.id, problemOf(deps, found))
      if (found.ok && row.status === 'needs_attention') await resumeSyncs(deps, row.id)
      return c.json({ ...found, problems: found.problems.map((problem) => ({ ...problem })) }, 200)
    })
    .openapi(readHealth, async (c) => {
      const row = await mustFind(deps, c.req.valid('param').id)
      const quotas = Object.values(openDestination(deps, row).quotas)
      const buckets = new Map(
        (
          await readQuotas(
            db.orm,
            quotas.map(({ key }) => key),
          )
        ).map((bucket) => [bucket.key, bucket]),
      )
      const now = deps.now()
      return c.json(
        {
          status: row.status,
          problem: row.problem,
          checkedAt: isoOrNull(row.checkedAt),
          quotas: quotas.map((quota) => ({ ...quota, ...usageOf(quota, buckets.get(quota.key), now) })),
        },
        200,
      )
    })
}

/** The secret that we make for accounts of a platform, if it is one of those. */
const ownSecretOf = (side: Side) => ('ownSecret' in side ? side.ownSecret : undefined)

export async function mustFind({ db }: Pick<Deps, 'db'>, id: string): Promise<DestinationRow> {
  const row = await findDestination(db.orm, id)
  if (!row) throw notFound('destination')
  return row
}

async function mustUpdate({ db }: Deps, id: string, values: { name?: string }): Promise<DestinationRow> {
  const row = await updateDestination(db.orm, id, values)
  if (!row) throw notFound('destination')
  return row
}

function refuseUnlessOk({ ok, problems }: Verdict): void {
  const [first] = problems
  if (ok || !first) return
  throw new ApiProblem(422, {
    code: 'connection',
    detail: first.what,
    whose: first.whose,
    next: first.next,
    more: { problems },
  })
}

// Lists belong to their account: moving the syncs to another one would leave their members behind.
async function refuseOtherAccount({ db }: Deps, row: DestinationRow, opened: Pick<Opened, 'account'>): Promise<void> {
  if (opened.account === row.account || (await syncsOfDestination(db.orm, row.id)).length === 0) return
  throw conflict(
    'other_account',
    'These settings name another account, and syncs fill lists of this one.',
    'Connect the other account as a destination of its own.',
  )
}

/** What could not be sent meanwhile is sent now, not at the next refresh. */
async function resumeSyncs(deps: Deps, destinationId: string): Promise<void> {
  const syncs = (await syncsOfDestination(deps.db.orm, destinationId)).filter(({ sends }) => sends)
  const audiences = new Map(syncs.map(({ audience }) => [audience.id, audience]))
  for (const audience of audiences.values()) {
    if (audience.status !== 'active' && audience.status !== 'archiving') continue
    await requestRun(deps.db.sql, audience.id, 'settings')
    await hintAudience(deps, audience, 'wake')
  }
}

function problemOf({ now }: Pick<Deps, 'now'>, { ok, problems }: Verdict) {
  const [first] = problems
  if (ok || !first) return null
  const { what, whose, next, code } = first
  return { code: code ?? 'connection', what, whose, next, at: now().toISOString() }
}

type Bucket = Awaited<ReturnType<typeof readQuotas>>[number]

function usageOf(quota: { limit: number; windowMs: number }, bucket: Bucket | undefined, now: Date) {
  if (!bucket) return { usedPercent: 0, blockedUntil: null }
  const refilled = ((now.getTime() - bucket.filledAt.getTime()) / quota.windowMs) * quota.limit
  const left = Math.min(quota.limit, bucket.tokens + Math.max(0, refilled))
  const ours = 100 * (1 - left / quota.limit)
  return {
    usedPercent: Math.round(Math.max(ours, bucket.percent ?? 0) * 10) / 10,
    blockedUntil: bucket.blockedUntil && bucket.blockedUntil > now ? iso(bucket.blockedUntil) : null,
  }
}

function present(deps: Deps, row: DestinationRow) {
  const platform = accountSideOf(row.platform)
  const { shape } = platform.settings
  const open = Object.entries(row.settings).filter(([name]) => shape[name]?.meta()?.secret !== true)
  return {
    id: row.id,
    name: row.name,
    platform: row.platform,
    account: row.account,
    settings: Object.fromEntries(open),
    credentials: Object.keys(openCredentials(deps, row).credentials),
    sandbox: row.sandbox,
    status: row.status,
    problem: row.problem,
    warning: sunsetWarning(platform, row.settings, deps.now()),
    checkedAt: isoOrNull(row.checkedAt),
    createdAt: iso(row.createdAt),
  }
}
