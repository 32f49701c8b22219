import { expect, it } from 'vitest'
import { useApi } from './support/api.ts'

const api = useApi()

it('asks for an API key, and takes no other', async () => {
  for (const headers of [{}, { authorization: 'Bearer as_wrong' }, { authorization: 'Basic YTpi' }] as Record<
    string,
    string
  >[]) {
    const response = await api.request('/v1/audiences', { headers })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toMatchObject({
      status: 401,
      whose: 'you',
      next: expect.stringContaining('Bearer as_'),
    })
  }
})

it('stores a key hashed, shows it once, and forgets it when it is revoked', async () => {
  const made = await api.must('POST', '/v1/api-keys', { name: 'robot', role: 'viewer' })
  expect(made.key).toMatch(/^as_[\w-]{43}$/)
  const rows = await api.db.sql`select * from api_key`
  expect(JSON.stringify(rows)).not.toContain(made.key)
  const listed = await api.must('GET', '/v1/api-keys')
  expect(JSON.stringify(listed)).not.toContain(made.key)
  expect(listed.items.map((key: { name: string }) => key.name)).toContain('robot')

  const headers = { authorization: `Bearer ${made.key}` }
  expect((await api.request('/v1/audiences', { headers })).status).toBe(200)
  expect((await api.call('DELETE', `/v1/api-keys/${made.id}`)).status).toBe(204)
  expect((await api.request('/v1/audiences', { headers })).status).toBe(401)
})

it('keeps the last admin key', async () => {
  const admins = (await api.must('GET', '/v1/api-keys')).items.filter((key: { role: string }) => key.role === 'admin')
  expect(admins).toHaveLength(1)
  const reply = await api.call('DELETE', `/v1/api-keys/${admins[0].id}`)
  expect(reply).toMatchObject({ status: 409, body: { type: 'urn:audience-sync:problem:last_admin' } })
})

const id = '00000000-0000-4000-8000-000000000000'
it.each([
  ['viewer', 'POST', '/v1/audiences'],
  ['viewer', 'POST', `/v1/audiences/${id}/instant-sync`],
  ['viewer', 'DELETE', `/v1/syncs/${id}?members=keep`],
  ['viewer', 'POST', `/v1/deliveries/${id}/approve`],
  ['viewer', 'PUT', `/v1/audiences/${id}/members`],
  ['operator', 'POST', '/v1/sources'],
  ['operator', 'POST', '/v1/destinations'],
  ['operator', 'DELETE', `/v1/destinations/${id}`],
  ['operator', 'GET', '/v1/api-keys'],
  ['operator', 'POST', '/v1/api-keys'],
] as const)('a %s may not %s %s', async (role, method, path) => {
  const reply = await api.call(method, path, method === 'GET' ? undefined : {}, { role })
  expect(reply.status).toBe(403)
  expect(reply.body.detail).toContain(`this one is of the role ${role}`)
})

it('a viewer reads, an operator acts', async () => {
  expect((await api.call('GET', '/v1/audiences', undefined, { role: 'viewer' })).status).toBe(200)
  expect((await api.call('POST', '/v1/audiences', { name: 'A', kind: 'static' }, { role: 'operator' })).status).toBe(
    201,
  )
})

it('is alive and ready without a key, and says what is missing', async () => {
  expect((await api.request('/healthz')).status).toBe(200)
  expect(await (await api.request('/readyz')).json()).toEqual({ database: true, temporal: true, worker: true })
  api.temporalDown = true
  const response = await api.request('/readyz')
  api.temporalDown = false
  expect(response.status).toBe(503)
  expect(await response.json()).toEqual({ database: true, temporal: false, worker: false })
})
