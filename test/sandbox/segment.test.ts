import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { send, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()

interface Source {
  id: string
  key: string
}

async function connect(): Promise<Source> {
  const { body } = await sandbox.control('POST', '/accounts', { platform: 'segment' })
  return { id: body.id, key: body.credentials.write_key }
}

let lastId = 0
const track = (action: 'added' | 'removed', person: object, more: object = {}) => ({
  type: 'track',
  event: action === 'added' ? 'Audience Entered' : 'Audience Exited',
  messageId: `message-${++lastId}`,
  timestamp: '2026-07-20T10:00:00Z',
  properties: { segment_id: 'seg', segment_name: 'VIP', action },
  ...person,
  ...more,
})

const basic = (user: string, password = '') => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  send(`${sandbox.url}/segment${path}`, 'POST', headers, body)
const batch = ({ key }: Source, ...calls: unknown[]) => post('/v1/batch', { batch: calls }, basic(key))

const events = async (stream: string) => (await sandbox.control('GET', `/segment/events?stream=${stream}`)).body.events
const reasons = async ({ id }: Source) => (await events(id)).map((each: { reason: string | null }) => each.reason)
const state = async ({ id }: Source) =>
  (await sandbox.control('GET', `/segment/state?audience=seg&stream=${id}`)).body.members

it('takes a batch, and knows who is in by user and anonymous id', async () => {
  const source = await connect()
  const { status, body } = await batch(
    source,
    track('added', { userId: 'u1' }),
    track('added', { anonymousId: 'a2' }),
    track('removed', { userId: 'u1' }, { timestamp: '2026-07-20T10:00:01Z' }),
    track('added', { userId: 'u3', anonymousId: 'a2' }, { context: { traits: { email: 'anna@example.test' } } }),
  )
  expect([status, body]).toEqual([200, { success: true }])
  expect(await state(source)).toEqual([{ userId: 'u3', anonymousId: 'a2', email: 'anna@example.test' }])
})

it('takes single calls, with the key in the body too, and what a batch says for all', async () => {
  const source = await connect()
  const writeKey = source.key
  const { type: _, ...call } = track('added', { userId: 'u1' })
  expect((await post('/v1/track', call, basic(source.key))).status).toBe(200)
  const traits = { segment_id: 'seg', action: 'added', email: 'bert@example.test' }
  expect((await post('/v1/identify', { userId: 'u2', traits, writeKey })).status).toBe(200)
  const context = { traits: { email: 'cleo@example.test' } }
  expect((await post('/v1/batch', { batch: [track('added', { userId: 'u3' })], context, writeKey })).status).toBe(200)
  expect(await state(source)).toEqual([
    { userId: 'u1' },
    { userId: 'u2', email: 'bert@example.test' },
    { userId: 'u3', email: 'cleo@example.test' },
  ])
})

it('counts a messageId once', async () => {
  const source = await connect()
  const join = track('added', { userId: 'u1' })
  await batch(source, join, track('removed', { userId: 'u1' }))
  await batch(source, join)
  expect((await events(source.id)).map(({ outcome }: { outcome: string }) => outcome)).toEqual([
    'kept',
    'kept',
    'repeat',
  ])
  expect(await state(source)).toEqual([])
})

it('answers 200 and drops in silence what it cannot use', async () => {
  const source = await connect()
  const good = { userId: 'u1' }
  const { body } = await batch(
    source,
    track('added', {}),
    track('added', { userId: 7 }),
    track('added', good, { event: '' }),
    track('added', good, { type: 'buy' }),
    track('added', good, { messageId: 'x'.repeat(100) }),
    track('added', good, { timestamp: 'yesterday' }),
    track('added', good, { properties: 'none' }),
    'text',
    track('added', good, { messageId: 'x'.repeat(99) }),
  )
  expect(body).toEqual({ success: true })
  expect(await reasons(source)).toEqual([
    'neither userId nor anonymousId',
    'userId and anonymousId must be strings',
    'track without event',
    'type is none that there is',
    'messageId has 100 characters or more',
    'timestamp is no time',
    'properties is no object',
    'no object',
    null,
  ])
})

it('answers 200 to a key that is none, and 400 only where there is no key', async () => {
  const source = await connect()
  const call = track('added', { userId: 'u1' })
  const before = (await events('')).length
  expect((await batch({ ...source, key: 'unknown' }, call)).body).toEqual({ success: true })
  expect((await events(''))[before]).toMatchObject({ outcome: 'dropped', reason: 'unknown write key' })
  expect((await post('/v1/batch', { batch: [call] }, basic(source.key, 'secret'))).status).toBe(200)
  await sandbox.control('PATCH', `/accounts/${source.id}`, { key_revoked: true })
  expect((await batch(source, call)).status).toBe(200)
  expect(await reasons(source)).toEqual(['the password is not empty', 'revoked write key'])
  expect((await post('/v1/batch', { batch: [call] })).status).toBe(400)
  expect((await post('/v1/batch', { batch: [call] }, basic(''))).status).toBe(400)
})

it('refuses bad JSON and what is too large, and drops what a batch has beyond 2,500', async () => {
  const source = await connect()
  const key = basic(source.key)
  const fat = (bytes: number) => track('added', { userId: 'u1' }, { properties: { text: 'x'.repeat(bytes) } })
  expect((await post('/v1/batch', '{"batch":[', key)).status).toBe(400)
  expect((await post('/v1/batch', { batch: {} }, key)).status).toBe(400)
  expect((await post('/v1/batch', { batch: [] }, { ...key, 'content-type': 'text/plain' })).status).toBe(400)
  expect((await batch(source, track('added', { userId: 'u0' }), fat(33_000))).status).toBe(400)
  expect((await post('/v1/track', fat(33_000), key)).status).toBe(400)
  expect((await batch(source, ...Array.from({ length: 17 }, () => fat(31_000)))).status).toBe(400)
  expect(await reasons(source)).toEqual([])
  const small = Array.from({ length: 2_502 }, (_, at) => ({ type: 'track', event: 'e', userId: `u${at}` }))
  expect((await batch(source, ...small)).body).toEqual({ success: true })
  const all = (await sandbox.control('GET', `/segment/events?stream=${source.id}&limit=10000`)).body.events
  expect(all.slice(2_499).map(({ reason }: { reason: string | null }) => reason)).toEqual([
    null,
    'beyond the 2500 messages of a batch',
    'beyond the 2500 messages of a batch',
  ])
})

it('takes gzip', async () => {
  const source = await connect()
  const body = gzipSync(JSON.stringify({ batch: [track('added', { userId: 'u1' })] }))
  const headers = { ...basic(source.key), 'content-type': 'application/json', 'content-encoding': 'gzip' }
  const answer = await fetch(`${sandbox.url}/segment/v1/batch`, { method: 'POST', headers, body })
  expect(answer.status).toBe(200)
  expect(await state(source)).toEqual([{ userId: 'u1' }])
})

it('limits calls a second, and answers what it is ordered to', async () => {
  const source = await connect()
  await sandbox.control('PATCH', `/accounts/${source.id}`, { second_limit: 2 })
  const answers = await Promise.all(Array.from({ length: 40 }, () => batch(source, track('added', { userId: 'u1' }))))
  const refused = answers.filter(({ status }) => status === 429)
  expect(refused.length).toBeGreaterThan(0)
  expect(refused[0]?.headers.get('retry-after')).toBe('1')
  await sandbox.control('PATCH', `/accounts/${source.id}`, { second_limit: 1_000 })
  const ordered = async (order: object) => {
    await sandbox.control('POST', '/faults', { platform: 'segment', ...order })
    const { status, headers } = await batch(source, track('added', { userId: 'u2' }))
    return [status, headers.get('retry-after')]
  }
  expect(await ordered({ fault: 'throttled', regain_seconds: 3 })).toEqual([429, '3'])
  expect(await ordered({ fault: 'server_error', status: 503 })).toEqual([503, null])
  expect(await ordered({ fault: 'bad_request' })).toEqual([400, null])
  expect(await ordered({ fault: 'expired_token' })).toEqual([401, null])
  expect(await ordered({ fault: 'reject_rows' })).toEqual([200, null])
  expect((await reasons(source)).at(-1)).toBe('refused by a fault')
})
