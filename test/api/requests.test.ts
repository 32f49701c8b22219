import { expect, it } from 'vitest'
import { useApi } from './support/api.ts'

const api = useApi()
const audience = { name: 'A', kind: 'static' }

it.each([
  ['malformed JSON', '{"name": ', 400, 'malformed'],
  ['an unknown field', { ...audience, nmae: 'B' }, 422, 'invalid'],
  ['a missing field', { kind: 'static' }, 422, 'invalid'],
  ['a wrong kind', { ...audience, kind: 'magic' }, 422, 'invalid'],
  ['a list instead of an object', [], 422, 'invalid'],
  ['a body of 2 MB', { ...audience, name: 'x'.repeat(2_000_000) }, 413, 'too_large'],
])('answers %s with a problem', async (_, body, status, code) => {
  const reply = await api.call('POST', '/v1/audiences', body)
  expect(reply.status).toBe(status)
  expect(reply.headers.get('content-type')).toBe('application/problem+json')
  expect(reply.body).toMatchObject({
    type: `urn:audience-sync:problem:${code}`,
    status,
    title: expect.any(String),
    detail: expect.any(String),
    whose: 'you',
    next: expect.any(String),
    requestId: expect.any(String),
  })
})

it('names the fields that cannot be used, and never their values', async () => {
  const reply = await api.call('POST', '/v1/audiences', { kind: 'static', name: '', canary: 'ada@example.test' })
  expect(reply.body.errors).toEqual([
    { path: 'name', message: expect.any(String) },
    { path: 'canary', message: 'There is no such field' },
  ])
  expect(JSON.stringify(reply.body)).not.toContain('ada@example.test')
})

it('refuses a body that is not declared as JSON', async () => {
  const reply = await api.call('POST', '/v1/audiences', 'name=A', { headers: { 'content-type': 'text/plain' } })
  expect(reply).toMatchObject({ status: 415, body: { next: expect.stringContaining('application/json') } })
})

it('says of what is not there that it is not there', async () => {
  expect((await api.call('GET', '/v1/nothing')).body).toMatchObject({
    status: 404,
    next: 'See /docs for what there is.',
  })
  const reply = await api.call('GET', '/v1/audiences/00000000-0000-4000-8000-000000000000')
  expect(reply.body).toMatchObject({ status: 404, detail: 'There is no audience with this id.' })
  expect((await api.call('GET', '/v1/audiences/17')).status).toBe(422)
})

it('pages through a list without a gap or a repetition', async () => {
  for (let n = 0; n < 7; n++) await api.must('POST', '/v1/audiences', { ...audience, name: `Page ${n}` })
  const all: string[] = (await api.must('GET', '/v1/audiences?limit=200')).items.map((item: { id: string }) => item.id)
  const seen: string[] = []
  let after = ''
  do {
    const page = await api.must('GET', `/v1/audiences?limit=3${after}`)
    seen.push(...page.items.map((item: { id: string }) => item.id))
    after = page.next === null ? '' : `&after=${page.next}`
  } while (after !== '')
  expect(seen).toEqual(all)
  expect(seen.length).toBeGreaterThanOrEqual(7)
  expect((await api.call('GET', '/v1/audiences?after=nonsense')).status).toBe(422)
})

it('does a repeated write once, and refuses another one under the same key', async () => {
  const headers = { 'idempotency-key': 'once-1' }
  const first = await api.call('POST', '/v1/audiences', { ...audience, name: 'Once' }, { headers })
  const again = await api.call('POST', '/v1/audiences', { ...audience, name: 'Once' }, { headers })
  expect([first.status, again.status]).toEqual([201, 201])
  expect(again.body).toEqual(first.body)
  expect(again.headers.get('idempotent-replayed')).toBe('true')

  const other = await api.call('POST', '/v1/audiences', { ...audience, name: 'Other' }, { headers })
  expect(other).toMatchObject({ status: 422, body: { type: 'urn:audience-sync:problem:idempotency_key_reused' } })
  const [{ count }] = await api.db.sql<
    [{ count: number }]
  >`select count(*) from audience where name in ('Once', 'Other')`
  expect(count).toBe(1)
})

it('of two equal writes at once, one is done', async () => {
  const headers = { 'idempotency-key': 'at-once' }
  const replies = await Promise.all(
    Array.from({ length: 5 }, () => api.call('POST', '/v1/audiences', { ...audience, name: 'At once' }, { headers })),
  )
  const ids = new Set(replies.filter(({ status }) => status === 201).map(({ body }) => body.id))
  expect(ids.size).toBe(1)
  for (const { status, body } of replies) if (status !== 201) expect(body.detail).toContain('still being worked on')
})

it('lets a refused write be corrected under its key, and keeps no API key in the open', async () => {
  const headers = { 'idempotency-key': 'corrected' }
  expect((await api.call('POST', '/v1/api-keys', { name: 'x', role: 'king' }, { headers })).status).toBe(422)
  const made = await api.call('POST', '/v1/api-keys', { name: 'x', role: 'viewer' }, { headers })
  expect(made.status).toBe(201)
  expect((await api.call('POST', '/v1/api-keys', { name: 'x', role: 'viewer' }, { headers })).body.key).toBe(
    made.body.key,
  )
  const rows = await api.db.sql`select body from idempotency where key = 'corrected'`
  expect(JSON.stringify(rows)).not.toContain(made.body.key)
})

it('writes down who did what, by the names of fields only', async () => {
  const { id } = await api.must('POST', '/v1/audiences', { ...audience, name: 'Audited one' })
  const [row] = await api.db
    .sql`select actor, action, subject, detail from audit_log where subject = ${`/v1/audiences/${id}`}`
  expect(row).toMatchObject({
    actor: expect.stringContaining('admin'),
    action: 'POST /v1/audiences',
    detail: { fields: ['name', 'kind'] },
  })
})

it('has a page of docs that takes everything from this server', async () => {
  const page = await (await api.request('/docs')).text()
  const addresses = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? '')
  expect(addresses.length).toBeGreaterThan(2)
  for (const address of addresses) {
    expect(address).toMatch(/^\/docs\//)
    const response = await api.request(address)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'")
  }
  expect((await api.request('/docs/../package.json')).status).toBe(404)
})

it.each(['🧵 e\u0301 \u202Eabc\u2066 \uFEFF', 'Ω'.repeat(200), "'; drop table audience; --", '\uD800 alone'])(
  'keeps odd names: %j',
  async (name) => {
    const made = await api.must('POST', '/v1/audiences', { ...audience, name })
    const read = await api.must('GET', `/v1/audiences/${made.id}`)
    expect(read.name).toBe(Buffer.from(name.trim()).toString())
  },
)

it('says of a text that cannot be stored why', async () => {
  const reply = await api.call('POST', '/v1/audiences', { ...audience, name: 'a\u0000b' })
  expect(reply).toMatchObject({ status: 422, body: { detail: expect.stringContaining('U+0000') } })
})
