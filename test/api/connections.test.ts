import { expect, it } from 'vitest'
import { useApi } from './support/api.ts'
import { aDestination, anAudience, aReadyAudience, aSource, atSource, peopleTable } from './support/journey.ts'

const api = useApi()

it('says what can be connected: settings, credentials, identifiers, the API version and its end', async () => {
  const { items } = await api.must('GET', '/v1/platforms')
  const meta = items.find((item: { id: string }) => item.id === 'meta')
  expect(meta.api).toMatchObject({
    version: expect.stringMatching(/^v\d+\.\d$/),
    sunset: expect.stringMatching(/^\d{4}-/),
  })
  expect(meta.settings.properties).toHaveProperty('adAccountId')
  expect(meta.credentials.properties.accessToken).toMatchObject({ secret: true })
  expect(meta.list.identifiers).toContainEqual(
    expect.objectContaining({ name: 'EMAIL', role: 'strong', sent: 'hashed' }),
  )
})

it('connects a source, shows where it is but never its password, and lists its tables', async () => {
  const id = await aSource(api)
  const { password } = new URL(api.sourceUrl)
  const all = await Promise.all([api.must('GET', `/v1/sources/${id}`), api.must('GET', '/v1/sources')])
  expect(JSON.stringify(all)).not.toContain(password)
  expect(all[0].connection.database).toMatch(/^test_/)
  const [row] = await api.db.sql`select credentials from source where id = ${id}`
  expect(Buffer.from(row?.credentials).toString('latin1')).not.toContain(password)
  expect(await api.must('POST', `/v1/sources/${id}/check`)).toMatchObject({ ok: true, problems: [] })
  const { items } = await api.must('GET', `/v1/sources/${id}/tables`)
  expect(items).toContainEqual(
    expect.objectContaining({ name: 'people', columns: expect.arrayContaining([{ name: 'email', type: 'text' }]) }),
  )
})

it.each([
  'https://example.test/db',
  'file:///etc/passwd',
  'postgres:///just-a-path',
  'postgres://example.test',
  'not an address',
])('takes no address but one of PostgreSQL: %s', async (url) => {
  const reply = await api.call('POST', '/v1/sources', { name: 'S', kind: 'postgres', credentials: { url } })
  expect(reply.status).toBe(422)
  expect(reply.body.errors[0].path).toBe('credentials.url')
  expect(JSON.stringify(reply.body)).not.toContain(url)
})

it('refuses a source with a wrong password in a sentence without the password', async () => {
  const url = new URL(api.sourceUrl)
  url.password = 'canary-password'
  const reply = await api.call('POST', '/v1/sources', { name: 'S', kind: 'postgres', credentials: { url: url.href } })
  expect(reply.status).toBe(422)
  expect(reply.body.detail).toMatch(/password/i)
  expect(JSON.stringify(reply.body) + api.logged.join('')).not.toContain('canary-password')
})

it('keeps a source that an audience reads, and names the audience', async () => {
  await anAudience(api, { name: 'Readers of the shop' })
  const [{ id }] = (await api.must('GET', '/v1/sources')).items
  const reply = await api.call('DELETE', `/v1/sources/${id}`)
  expect(reply).toMatchObject({ status: 409, body: { users: ['Readers of the shop'] } })
  const unused = await aSource(api)
  expect((await api.call('DELETE', `/v1/sources/${unused}`)).status).toBe(204)
  expect((await api.call('GET', `/v1/sources/${unused}`)).status).toBe(404)
})

it('connects a sandbox account with nothing but a name', async () => {
  const id = await aDestination(api)
  const destination = await api.must('GET', `/v1/destinations/${id}`)
  expect(destination).toMatchObject({ platform: 'meta', sandbox: true, status: 'connected', problem: null })
  expect(destination.account).toMatch(/^act_\d+$/)
  expect(destination.credentials).toContain('accessToken')
  expect(await api.must('POST', `/v1/destinations/${id}/check`)).toMatchObject({ ok: true, problems: [] })
  const health = await api.must('GET', `/v1/destinations/${id}/health`)
  expect(health).toMatchObject({
    status: 'connected',
    quotas: [{ limit: expect.any(Number), usedPercent: expect.any(Number) }],
  })
  expect(health.quotas[0].usedPercent).toBeLessThan(50)
})

it('names the settings and credentials that are missing', async () => {
  const reply = await api.call('POST', '/v1/destinations', {
    name: 'M',
    platform: 'meta',
    settings: { adAccountId: 'x' },
  })
  expect(reply.status).toBe(422)
  expect(reply.body.errors).toEqual([{ path: 'settings.adAccountId', message: expect.any(String) }])
  const unknown = await api.call('POST', '/v1/destinations', { name: 'M', platform: 'orkut' })
  expect(unknown).toMatchObject({ status: 422, body: { next: expect.stringContaining('meta') } })
})

it('tells whose move it is when the platform takes the token no more, and goes on after reconnecting', async () => {
  const { destinationId, audienceId } = await aReadyAudience(api)
  await api.must('POST', `/v1/audiences/${audienceId}/activate`)
  const { account } = await api.must('GET', `/v1/destinations/${destinationId}`)
  const known = await api.sandbox('GET', '/accounts?platform=meta')
  const mine = known.accounts.find((each: object) => JSON.stringify(each).includes(account.replace('act_', '')))
  await api.sandbox('POST', '/faults', { platform: 'meta', fault: 'expired_token', times: 3 })
  expect(mine).toBeDefined()
  const found = await api.must('POST', `/v1/destinations/${destinationId}/check`)
  await api.sandbox('DELETE', '/faults')
  expect(found).toMatchObject({ ok: false, problems: [{ whose: expect.any(String), next: expect.any(String) }] })
  expect(await api.must('GET', `/v1/destinations/${destinationId}`)).toMatchObject({
    status: 'needs_attention',
    problem: { what: found.problems[0].what },
  })
  const before = api.signals.length
  expect(await api.must('POST', `/v1/destinations/${destinationId}/check`)).toMatchObject({ ok: true })
  expect(await api.must('GET', `/v1/destinations/${destinationId}`)).toMatchObject({
    status: 'connected',
    problem: null,
  })
  expect(api.signals.slice(before)).toContain(`audience ${audienceId} wake`)
})

it('keeps a destination that a sync uses, and names its audience', async () => {
  const { destinationId } = await aReadyAudience(api)
  const reply = await api.call('DELETE', `/v1/destinations/${destinationId}`)
  expect(reply).toMatchObject({
    status: 409,
    body: { users: ['Readers'], next: expect.stringContaining('Delete those syncs') },
  })
})

it('shows the lists of an account page by page, finds them by name, and tells of one', async () => {
  const id = await aDestination(api)
  const audienceId = await anAudience(api)
  for (const name of ['Alpha', 'Beta', 'Alphabet'])
    await api.must('POST', `/v1/audiences/${audienceId}/syncs`, { destinationId: id, list: { create: { name } } })
  const names = (page: { items: { name: string }[] }) => page.items.map((item) => item.name)
  const first = await api.must('GET', `/v1/destinations/${id}/lists?limit=2`)
  const second = await api.must('GET', `/v1/destinations/${id}/lists?limit=2&after=${encodeURIComponent(first.next)}`)
  expect([...names(first), ...names(second)].sort()).toEqual(['Alpha', 'Alphabet', 'Beta'])
  expect(second.next).toBeNull()
  expect(names(await api.must('GET', `/v1/destinations/${id}/lists?search=Alpha`)).sort()).toEqual([
    'Alpha',
    'Alphabet',
  ])
  const info = await api.must('GET', `/v1/destinations/${id}/lists/${first.items[0].id}`)
  expect(info).toMatchObject({ id: first.items[0].id, usable: true, facts: expect.any(Object) })
  expect((await api.call('GET', `/v1/destinations/${id}/lists/999999`)).status).toBe(404)
})

it('says that the sandbox is not there', async () => {
  const { sandboxUrl } = api.config
  api.config.sandboxUrl = 'http://127.0.0.1:1'
  const reply = await api.call('POST', '/v1/destinations', { name: 'M', platform: 'meta', sandbox: true })
  api.config.sandboxUrl = sandboxUrl
  expect(reply).toMatchObject({ status: 502, body: { next: expect.stringContaining('npm run sandbox') } })
})

it('says what is wrong with a query, without the rows', async () => {
  const id = await aSource(api)
  await atSource(api, peopleTable)
  const ask = (query: string, memberId = 'id') =>
    api.call('POST', '/v1/audiences', {
      name: 'Q',
      kind: 'dynamic',
      source: { id, query, memberId },
      refreshInterval: '1d',
    })
  for (const query of ['selec 1', 'select * from nowhere', 'select 1; select 2']) {
    const reply = await ask(query)
    expect(reply.status, query).toBe(422)
    expect(reply.body.type).toContain(':source_')
  }
  const missing = await ask('select email from people')
  expect(missing).toMatchObject({ status: 422, body: { detail: 'The source does not offer id.' } })
  expect(missing.body.next).toContain('email')
})
