import { expect, it } from 'vitest'
import { batchesInDoubt } from '../../db/queries/deliver.ts'
import {
  anActiveAudience,
  aReadyAudience,
  aSettledAudience,
  aSource,
  hashed,
  putPeople,
  sandboxAccount,
  sha,
  takePeople,
  tokenOf,
} from '../support/audiences.ts'
import { until } from '../support/deployment.ts'
import { useJourney } from '../support/journey.ts'

const journey = useJourney({ settings: { SOURCE_PATIENCE: '0', SOURCE_TIMEOUT: '3000' } })

const removalRequests = async () => {
  const { requests } = await journey.sandbox('GET', '/requests?platform=meta&limit=10000')
  return requests.filter(
    ({ method, path }: { method: string; path: string }) => method === 'DELETE' && /users/.test(path),
  ).length
}

/** What every problem must tell a person. */
const told = { what: expect.any(String), whose: expect.any(String), next: expect.any(String) }

const syncOf = (id: string) => journey.must('GET', `/v1/syncs/${id}`)
const audienceOf = (id: string) => journey.must('GET', `/v1/audiences/${id}`)
const source = (statement: string) => journey.deployment.people.unsafe(statement)

it('does not connect with a token that the platform refuses, and says whose move it is', async () => {
  const { settings } = await journey.sandbox('POST', '/accounts', { platform: 'meta' })
  const platforms = await journey.must('GET', '/v1/platforms')
  expect(JSON.stringify(platforms)).toContain('accessToken')
  const refused = await journey.call('POST', '/v1/destinations', {
    name: 'Wrong',
    platform: 'meta',
    sandbox: true,
    settings: { adAccountId: settings.ad_account_id },
    credentials: { accessToken: 'EAAwrong' },
  })
  expect(refused).toMatchObject({ status: 422, code: 'connection', body: { whose: 'you' } })
  expect(refused.body.next).toContain('token')
  expect(JSON.stringify(refused.body)).not.toContain('EAAwrong')
})

it('names a permission that is missing when it connects, and when it went missing later', async () => {
  const { settings, credentials, id } = await journey.sandbox('POST', '/accounts', { platform: 'meta' })
  const connect = () =>
    journey.call('POST', '/v1/destinations', {
      name: 'Reader',
      platform: 'meta',
      sandbox: true,
      settings: { adAccountId: settings.ad_account_id },
      credentials: { accessToken: credentials.access_token, appSecret: credentials.app_secret },
    })
  await journey.sandbox('PATCH', `/accounts/${id}`, { permissions: ['ads_read'] })
  const refused = await connect()
  expect(refused).toMatchObject({ status: 422, code: 'connection', body: { whose: expect.any(String) } })
  expect(refused.body.detail).toContain('ads_management')
  await journey.sandbox('PATCH', `/accounts/${id}`, { permissions: ['ads_management'] })
  expect((await connect()).status).toBe(201)

  const { audienceId, destinationId, table } = await aSettledAudience(journey, ['a'])
  const account = await sandboxAccount(journey, destinationId)
  await journey.sandbox('PATCH', `/accounts/${account}`, { permissions: ['ads_read'] })
  await putPeople(journey, table, ['b'])
  const run = await journey.syncNow(audienceId)
  expect(run.deliveries[0]).toMatchObject({ status: 'failed', problem: { code: 'auth', ...told } })
  const verdict = await journey.must('POST', `/v1/destinations/${destinationId}/check`)
  expect(verdict).toMatchObject({ ok: false, problems: [{ what: expect.stringContaining('ads_management') }] })
  expect(await journey.must('GET', `/v1/destinations/${destinationId}`)).toMatchObject({
    status: 'needs_attention',
    problem: { what: expect.stringContaining('ads_management'), next: expect.any(String) },
  })
})

it('stops at a token that ends in the middle of an upload, and goes on by itself with a new one', async () => {
  const { audienceId, destinationId, listId, syncId, table } = await aSettledAudience(journey, ['a'])
  await source(`insert into ${table} select 'n' || n, 'n' || n || '@example.test' from generate_series(1, 30000) n`)
  const fault = { platform: 'meta', fault: 'expired_token', after: 1, times: 50, match: { operation: 'add_users' } }
  const { id } = await journey.sandbox('POST', '/faults', fault)
  const run = await journey.syncNow(audienceId)
  expect(run.deliveries[0]).toMatchObject({ status: 'failed', problem: { code: 'auth', ...told } })
  expect(await syncOf(syncId)).toMatchObject({ problem: { code: 'auth' }, destination: { status: 'needs_attention' } })
  const destination = await journey.must('GET', `/v1/destinations/${destinationId}`)
  expect(destination.problem.next).toContain('reconnect')

  const idle = await journey.syncNow(audienceId)
  expect(idle.deliveries).toEqual([])
  await journey.sandbox('DELETE', `/faults/${id}`)
  await journey.must('PATCH', `/v1/destinations/${destinationId}`, {
    credentials: { accessToken: await tokenOf(journey, destinationId) },
  })
  await until(async () => (await journey.emails(listId)).length === 30_001)
  expect(await journey.must('GET', `/v1/destinations/${destinationId}`)).toMatchObject({
    status: 'connected',
    problem: null,
  })
  await until(async () => (await syncOf(syncId)).problem === null)
  const { sql } = journey.deployment
  const [sync] = await sql<{ no: number }[]>`select no from sync where id = ${syncId}`
  const { doubtful } = await batchesInDoubt(sql, sync?.no ?? 0)
  expect(doubtful).toEqual([])
})

it('ends the problem of a sync that is found in step', async () => {
  const { audienceId, destinationId, syncId } = await aSettledAudience(journey, ['a'])
  const account = await sandboxAccount(journey, destinationId)
  await journey.sandbox('PATCH', `/accounts/${account}`, { token_expired: true })
  await journey.must('POST', `/v1/destinations/${destinationId}/check`)
  expect((await journey.syncNow(audienceId)).deliveries).toEqual([])
  expect((await syncOf(syncId)).problem).toMatchObject({ code: 'destination_disconnected', ...told })
  await journey.sandbox('PATCH', `/accounts/${account}`, { token_expired: false })
  await journey.must('POST', `/v1/destinations/${destinationId}/check`)
  await until(async () => (await syncOf(syncId)).problem === null)
})

it('takes nobody for removed of whom the platform counted the removal as invalid', async () => {
  const { audienceId, listId, syncId, table } = await aSettledAudience(journey, ['a', 'b', 'c', 'd', 'e'])
  const fault = { platform: 'meta', fault: 'reject_rows', times: 3, match: { operation: 'remove_users' } }
  await journey.sandbox('POST', '/faults', fault)
  await takePeople(journey, table, ['a', 'b'])
  const run = await journey.syncNow(audienceId)
  await journey.settled(run.id)
  // the request of both left one of them there, whichever, and each of the two that asked for one alone was refused too
  const [left] = (await journey.emails(listId)).filter((email) => hashed(['a', 'b']).includes(email))
  const name = ['a', 'b'].find((each) => sha(`${each}@example.test`) === left) ?? 'nobody'
  const { items } = await journey.must('POST', '/v1/people/lookup', { email: `${name}@example.test` })
  const here = items.filter((item: { syncId: string }) => item.syncId === syncId)
  expect(here).toMatchObject([{ state: 'removing', reason: expect.stringContaining('invalid') }])
  await journey.must('POST', `/v1/syncs/${syncId}/retry-rejected`)
  await until(async () => (await journey.emails(listId)).length === 3)
})

it('looks for nobody one by one where the platform refused many removals, and takes none of them for gone', async () => {
  const people = Array.from({ length: 30 }, (_, n) => `m${n}`)
  const { audienceId, listId, table } = await aSettledAudience(journey, people)
  const refuses = (count: number) =>
    journey.sandbox('POST', '/faults', {
      platform: 'meta',
      fault: 'reject_rows',
      count,
      times: 1,
      match: { operation: 'remove_users' },
    })
  await refuses(21)
  await takePeople(journey, table, people.slice(0, 25))
  const before = await removalRequests()
  const run = await journey.syncNow(audienceId)
  await journey.settled(run.id)
  expect((await removalRequests()) - before).toBe(1)
  expect(await journey.emails(listId)).toHaveLength(26)
  const { reasons } = await journey.must('GET', `/v1/deliveries/${run.deliveries[0].id}`)
  expect(JSON.stringify(reasons)).toContain('21')
  const [held] = await journey.deployment.sql`
    select count(*)::int as n from ledger_member where state = 'removing' and reason like '%21 of the 25 removals%'`
  expect(held?.n).toBe(25)
})

it('asks again only in a week for a refused removal of somebody whose row became unusable', async () => {
  const { audienceId, listId, syncId, table } = await aSettledAudience(journey, ['a', 'b', 'c'])
  const fault = { platform: 'meta', fault: 'reject_rows', times: 1, match: { operation: 'remove_users' } }
  await journey.sandbox('POST', '/faults', fault)
  await source(`update ${table} set email = 'broken' where id = 'a'`)
  await journey.settled((await journey.syncNow(audienceId)).id)
  expect(await journey.emails(listId)).toEqual(hashed(['a', 'b', 'c']))
  const asked = await removalRequests()
  for (let refresh = 0; refresh < 2; refresh++) await journey.settled((await journey.syncNow(audienceId)).id)
  expect(await removalRequests()).toBe(asked)
  await source(`update ${table} set email = 'still broken' where id = 'a'`)
  await journey.settled((await journey.syncNow(audienceId)).id)
  expect(await journey.emails(listId)).toEqual(hashed(['b', 'c']))

  // whoever left and is back the same is sent again, whatever became of the removal
  await journey.sandbox('POST', '/faults', fault)
  await takePeople(journey, table, ['b'])
  await journey.settled((await journey.syncNow(audienceId)).id)
  await putPeople(journey, table, ['b'])
  expect((await journey.syncNow(audienceId)).deliveries).toMatchObject([{ counts: { again: 1 } }])
  expect((await journey.must('POST', '/v1/people/lookup', { email: 'b@example.test' })).items).toContainEqual(
    expect.objectContaining({ syncId, state: expect.stringMatching(/accepted|confirmed/) }),
  )
})

it('says how many of a list that is to be emptied could not be removed, and tries it again soon', async () => {
  const { audienceId, listId, syncId } = await aSettledAudience(journey, ['a', 'b', 'c'])
  const fault = { platform: 'meta', fault: 'reject_rows', times: 50, match: { operation: 'remove_users' } }
  const { id } = await journey.sandbox('POST', '/faults', fault)
  await journey.must('POST', `/v1/audiences/${audienceId}/archive`, { members: 'remove' })
  const stuck = async (quarters: number) => {
    const waits = ({ retryAt }: { retryAt: string }) =>
      Math.round((Date.parse(retryAt) - Date.now()) / 900_000) === quarters
    const sync = await until(async () => {
      const now = await syncOf(syncId)
      return now.problem?.code === 'not_emptied' && waits(now) && now
    })
    expect(sync.problem).toMatchObject({ ...told, what: expect.stringContaining('3 members') })
  }
  const waitIsOver = async () => {
    await journey.deployment.sql`update sync set retry_at = now() where id = ${syncId}`
    await journey.deployment.temporal.workflow.getHandle(`audience-${audienceId}`).signal('wake')
  }
  await stuck(1)
  expect(await audienceOf(audienceId)).toMatchObject({ status: 'archiving' })
  await waitIsOver()
  await stuck(2)
  await journey.sandbox('DELETE', `/faults/${id}`)
  await waitIsOver()
  await until(async () => (await audienceOf(audienceId)).status === 'archived')
  expect(await journey.emails(listId)).toEqual([])
  expect(await syncOf(syncId)).toMatchObject({ problem: null, retryAt: null })
})

it.each([
  ['fails', 'table_unknown', (t: string) => `alter table ${t} rename to ${t}_gone`],
  ['lacks the member id', 'column', (t: string) => `alter table ${t} rename id to key`],
  ['lacks a field that is mapped', 'column', (t: string) => `alter table ${t} drop email`],
  [
    'has a null as member id',
    'member_id',
    (t: string) =>
      `alter table ${t} drop constraint ${t}_pkey; alter table ${t} alter id drop not null; insert into ${t} values (null, 'x@example.test')`,
  ],
  [
    'has a member id twice',
    'member_id',
    (t: string) => `alter table ${t} drop constraint ${t}_pkey; insert into ${t} select * from ${t}`,
  ],
] as const)('sends nothing when the query %s, and the run and the audience say why', async (_, code, breaks) => {
  const { audienceId, listId, table } = await aSettledAudience(journey, ['a', 'b'])
  await source(breaks(table))
  const run = await journey.syncNow(audienceId)
  expect(run).toMatchObject({ status: 'failed', deliveries: [], problem: told })
  expect(run.problem.code).toContain(code)
  expect(run.problem.whose).not.toContain('nobody')
  expect((await audienceOf(audienceId)).problem).toMatchObject({ code: run.problem.code })
  expect(JSON.stringify(run)).not.toContain('example.test')
  expect(await journey.emails(listId)).toEqual(hashed(['a', 'b']))
})

it('refuses a query that writes, has an error or lacks the member id when it is given', async () => {
  const { audienceId, table } = await aReadyAudience(journey, ['a'])
  const given = (query: string, memberId = 'id') =>
    journey.call('PATCH', `/v1/audiences/${audienceId}`, { source: { query, memberId } })
  for (const [query, code] of [
    [`delete from ${table} returning *`, 'source_'],
    [`with gone as (delete from ${table} returning *) select * from gone`, 'source_'],
    [`select * from ${table} where`, 'source_syntax_error'],
    [`select nobody from ${table}`, 'source_column_unknown'],
    [`select * from ${table}; drop table ${table}`, 'source_'],
  ] as const) {
    const refused = await given(query)
    expect(refused.status, query).toBe(422)
    expect(refused.code).toContain(code)
    expect(refused.body).toMatchObject({ whose: expect.any(String), next: expect.any(String) })
  }
  expect(await given(`select * from ${table}`, 'key')).toMatchObject({ status: 422, code: 'missing_field' })
  expect((await source(`select count(*)::int as n from ${table}`))[0]?.n).toBe(1)
})

it('holds an empty result of a query for a person, and works with it where nobody was there', async () => {
  const { audienceId, listId, table } = await aSettledAudience(journey, ['a', 'b'])
  await source(`delete from ${table}`)
  const run = await journey.syncNow(audienceId)
  expect(run).toMatchObject({ status: 'done', size: 0 })
  expect(run.deliveries[0]).toMatchObject({ status: 'held', counts: { held: 2 } })
  expect(await journey.emails(listId)).toEqual(hashed(['a', 'b']))
  const empty = await anActiveAudience(journey, [])
  expect(await journey.lastRun(empty.audienceId)).toMatchObject({ status: 'done', size: 0, deliveries: [] })
})

it('ends a query that runs for ever', async () => {
  const { audienceId, table } = await aSettledAudience(journey, ['a'], {
    query: (t) => `select * from ${t} where (select pg_sleep(coalesce(max(phone), '0')::int) from ${t}) is not null`,
  })
  await source(`update ${table} set phone = '600'`)
  const run = await journey.syncNow(audienceId)
  expect(run).toMatchObject({ status: 'failed', problem: { code: 'statement_timeout', whose: 'you' } })
  expect((await audienceOf(audienceId)).retryAt).toBeNull()
  await source(`update ${table} set phone = null`)
  expect(await journey.syncNow(audienceId)).toMatchObject({ status: 'done', problem: null })
  expect((await audienceOf(audienceId)).problem).toBeNull()
})

it('reads a source again that went away, before the next refresh', async () => {
  const { audienceId, listId, table } = await aSettledAudience(journey, ['a'], {
    query: (t) =>
      `select * from ${t} where case when phone = 'away' then pg_terminate_backend(pg_backend_pid()) else true end`,
  })
  await putPeople(journey, table, ['b'])
  await source(`update ${table} set phone = 'away' where id = 'b'`)
  const run = await journey.syncNow(audienceId)
  expect(run).toMatchObject({
    status: 'failed',
    problem: { code: 'connection_lost', whose: expect.stringContaining('nobody') },
  })
  const quartersUntilRetry = async () => {
    const { problem, retryAt } = await audienceOf(audienceId)
    expect(problem.code).toBe('connection_lost')
    return Math.round((Date.parse(retryAt) - Date.now()) / 900_000)
  }
  expect(await quartersUntilRetry()).toBe(1)
  await journey.syncNow(audienceId)
  expect(await quartersUntilRetry()).toBe(2)

  await source(`update ${table} set phone = null`)
  // the half hour is over
  await journey.deployment.sql`update audience set retry_at = now() where id = ${audienceId}`
  await journey.must('PATCH', `/v1/audiences/${audienceId}`, { name: 'Woken' })
  await until(async () => (await journey.emails(listId)).length === 2)
  expect(await audienceOf(audienceId)).toMatchObject({ problem: null, retryAt: null })
  const { items } = await journey.must('GET', `/v1/audiences/${audienceId}/runs`)
  expect(items[0].causes).toEqual(['retry'])
})

it('gets through a platform that is down for a moment, and leaves no problem behind', async () => {
  const { audienceId, listId, syncId, table } = await aSettledAudience(journey, ['a'])
  await journey.sandbox('POST', '/faults', {
    platform: 'meta',
    fault: 'server_error',
    times: 2,
    match: { path: '/users' },
  })
  await putPeople(journey, table, ['b'])
  await journey.syncNow(audienceId)
  expect(await journey.emails(listId)).toEqual(hashed(['a', 'b']))
  expect(await syncOf(syncId)).toMatchObject({ problem: null, retryAt: null })
})

it('refuses a field that is mapped to be taken out of the schema, or says what is left without it', async () => {
  const { audienceId } = await aReadyAudience(journey, ['a'])
  const refused = await journey.call('PUT', `/v1/audiences/${audienceId}/schema`, { fields: ['phone'] })
  expect(refused.status).toBe(409)
  expect(refused.body).toMatchObject({ whose: 'you', next: expect.any(String) })
})

it('makes one thing of two calls at once with one Idempotency-Key, and says so without', async () => {
  const { audienceId, destinationId } = await aReadyAudience(journey, ['a'])
  const list = (name: string) => ({ destinationId, list: { create: { name } }, mapping: { EMAIL: 'email' } })
  const twice = (path: string, body: object, headers: Record<string, string>) =>
    Promise.all([journey.call('POST', path, body, headers), journey.call('POST', path, body, headers)])

  const path = `/v1/audiences/${audienceId}/syncs`
  const keyed = await twice(path, list('Once'), { 'idempotency-key': 'once' })
  for (const reply of keyed) expect([201, 409]).toContain(reply.status)
  const again = await journey.call('POST', path, list('Once'), { 'idempotency-key': 'once' })
  expect(again.status).toBe(201)
  expect(again.headers.get('idempotent-replayed')).toBe('true')
  expect((await journey.call('POST', path, list('Else'), { 'idempotency-key': 'once' })).status).toBe(422)

  const bare = await twice(path, list('Twice'), {})
  expect(bare.map(({ status }) => status).sort()).toEqual([201, 409])
  expect(['being_made', 'list_made_already']).toContain(bare.find(({ status }) => status === 409)?.code)
  const { lists } = await journey.sandbox('GET', '/meta/lists')
  for (const name of ['Once', 'Twice'])
    expect(lists.filter((each: { name: string }) => each.name === name)).toHaveLength(1)
})

it('does not take a destination of one platform for one of another, or of nobody', async () => {
  const { audienceId } = await aReadyAudience(journey, ['a'])
  expect((await journey.call('POST', '/v1/destinations', { name: 'x', platform: 'myspace' })).code).toBe(
    'unknown_platform',
  )
  const unknown = await journey.call('POST', `/v1/audiences/${audienceId}/syncs`, {
    destinationId: '00000000-0000-4000-8000-000000000000',
    list: { create: { name: 'x' } },
  })
  expect(unknown).toMatchObject({ status: 422, code: 'unknown_destination' })
  const wrong = await journey.call('POST', '/v1/sources', {
    name: 'x',
    kind: 'postgres',
    credentials: { url: journey.deployment.sourceUrl.replace(/:(\d+)\//, ':1/') },
  })
  expect(wrong).toMatchObject({ status: 422, body: { whose: expect.any(String), next: expect.any(String) } })
  expect(await aSource(journey)).toBeTruthy()
})
