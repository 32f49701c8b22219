import { Webhook } from 'standardwebhooks'
import { expect, it } from 'vitest'
import { send, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()

interface Endpoint {
  id: string
  url: string
  secret: string
}

async function connect(known: object = {}): Promise<Endpoint> {
  const { body } = await sandbox.control('POST', '/accounts', { platform: 'webhook', ...known })
  return { id: body.id, url: body.settings.url, secret: body.credentials.secret }
}

let lastId = 0
const event = (action: 'added' | 'removed', EMAIL: string, more: object = {}) => ({
  id: `event-${++lastId}`,
  segment_id: 'seg',
  segment_name: 'VIP',
  action,
  occurred_at: '2026-07-20T10:00:00Z',
  member: { EMAIL },
  ...more,
})
const one = (data: object, type = 'added_to_segment') => ({ type, timestamp: '2026-07-20T10:00:00Z', data })
const several = (...events: object[]) =>
  one({ events: events.map((each) => ({ type: 'added_to_segment', ...each })) }, 'membership')

interface Sending {
  id?: string
  at?: Date
  secrets?: string[]
  headers?: Record<string, string>
}

function deliver({ url, secret }: Endpoint, body: unknown, sending: Sending = {}) {
  const { id = `message-${++lastId}`, at = new Date(), secrets = [secret], headers } = sending
  const text = JSON.stringify(body)
  const signed = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': secrets.map((each) => new Webhook(each).sign(id, at, text)).join(' '),
  }
  return send(url, 'POST', { ...signed, ...headers }, text)
}

const state = async ({ id }: Endpoint) =>
  (await sandbox.control('GET', `/webhook/state?audience=seg&stream=${id}`)).body.members
const outcomes = async ({ id }: Endpoint) =>
  (await sandbox.control('GET', `/webhook/events?stream=${id}`)).body.events.map(
    (each: { outcome: string; reason: string | null }) => [each.outcome, each.reason],
  )
const described = async ({ id }: Endpoint) =>
  (await sandbox.control('GET', '/accounts?platform=webhook')).body.accounts.find(
    (each: { id: string }) => each.id === id,
  )
const fault = (order: object) => sandbox.control('POST', '/faults', { platform: 'webhook', ...order })

it('takes one event or several, and tells who is in by the time that they tell', async () => {
  const endpoint = await connect()
  expect((await deliver(endpoint, one(event('added', 'anna')))).status).toBe(200)
  const late = event('added', 'bert', { occurred_at: '2026-07-20T09:00:00.100Z' })
  const gone = event('removed', 'bert', { occurred_at: '2026-07-20T09:00:00.200+00:00' })
  expect((await deliver(endpoint, several(gone, event('added', 'cleo')))).body).toEqual({ received: 2 })
  expect((await deliver(endpoint, several(late))).status).toBe(200)
  expect(await state(endpoint)).toEqual([{ EMAIL: 'anna' }, { EMAIL: 'cleo' }])
})

it('knows one person by what its events share, but not by address and browser', async () => {
  const endpoint = await connect()
  const told = (action: 'added' | 'removed', member: object) => event(action, '', { member })
  await deliver(endpoint, several(told('added', { FBP: 'cookie', CLIENT_IP: '192.0.2.1' })))
  await deliver(endpoint, several(told('added', { EMAIL: 'anna', FBP: 'cookie' })))
  await deliver(endpoint, several(told('added', { EMAIL: 'bert', CLIENT_IP: '192.0.2.1' })))
  expect(await state(endpoint)).toEqual([
    { EMAIL: 'anna', FBP: 'cookie' },
    { EMAIL: 'bert', CLIENT_IP: '192.0.2.1' },
  ])
})

it('applies a message once, and an event once', async () => {
  const endpoint = await connect()
  const body = one(event('added', 'anna'))
  await deliver(endpoint, body, { id: 'same' })
  expect((await deliver(endpoint, body, { id: 'same' })).body).toEqual({ received: 0, repeated: true })
  await deliver(endpoint, body, { id: 'other' })
  expect(await outcomes(endpoint)).toEqual([
    ['kept', null],
    ['repeat', expect.any(String)],
  ])
  expect(await described(endpoint)).toMatchObject({ deliveries: 2, repeated_deliveries: 1 })
  expect((await deliver(endpoint, one(event('added', 'bert')), { id: 'same' })).status).toBe(200)
  expect((await outcomes(endpoint)).at(-1)).toEqual(['dropped', 'its webhook-id came before, with another body'])
  expect(await state(endpoint)).toEqual([{ EMAIL: 'anna' }])
})

it('checks the signature and its time', async () => {
  const endpoint = await connect()
  const body = one(event('added', 'anna'))
  const foreign = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const before = (minutes: number) => new Date(Date.now() - minutes * 60_000)
  const answers = [
    await deliver(endpoint, body, { secrets: [foreign] }),
    await deliver(endpoint, body, { secrets: [] }),
    await deliver(endpoint, body, { at: before(6) }),
    await deliver(endpoint, body, { at: before(-6) }),
    await deliver(endpoint, body, { headers: { 'webhook-id': 'not-the-signed-one' } }),
    await deliver(endpoint, body, { headers: { 'webhook-timestamp': 'now' } }),
  ]
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401])
  expect(await state(endpoint)).toEqual([])
  expect((await deliver(endpoint, body, { at: before(4) })).status).toBe(200)
})

it('takes old and new secrets while they are changed', async () => {
  const endpoint = await connect()
  const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`
  const rotated = await connect({ settings: { url: endpoint.url }, credentials: { secret } })
  expect(rotated).toEqual({ id: endpoint.id, url: endpoint.url, secret })
  const by = (...secrets: string[]) => deliver(endpoint, one(event('added', 'anna')), { secrets })
  expect([(await by(endpoint.secret)).status, (await by(secret)).status]).toEqual([200, 200])
  await sandbox.control('PATCH', `/accounts/${endpoint.id}`, { rotation_over: true })
  expect([(await by(endpoint.secret)).status, (await by(secret)).status]).toEqual([401, 200])
  expect((await by(endpoint.secret, secret)).status).toBe(200)
})

it.each([
  ['no JSON', 'x'],
  ['no data', { type: 'a', timestamp: '2026-07-20T10:00:00Z' }],
  ['an unknown key', one(event('added', 'anna', { extra: 1 }))],
  ['no action', one(event('added', 'anna', { action: 'join' }))],
  ['a day as its time', one(event('added', 'anna', { occurred_at: '2026-07-20' }))],
  ['nobody', one(event('added', 'anna', { member: {} }))],
  ['an empty identifier', one(event('added', ''))],
  ['no events', several()],
  ['several under another type', { ...several(event('added', 'anna')), type: 'events' }],
  ['one event of several without a type', one({ events: [event('added', 'anna')] }, 'membership')],
])('refuses %s', async (_, body) => {
  const endpoint = await connect()
  expect((await deliver(endpoint, body)).status).toBe(400)
  expect(await outcomes(endpoint)).toEqual([])
})

it('refuses other methods, types and endpoints, and ids with a dot', async () => {
  const endpoint = await connect()
  const body = one(event('added', 'anna'))
  expect((await send(endpoint.url, 'PUT', {}, body)).status).toBe(405)
  expect((await send(`${endpoint.url}0`, 'POST', {}, body)).status).toBe(404)
  expect((await deliver(endpoint, body, { headers: { 'content-type': 'text/plain' } })).status).toBe(415)
  expect((await deliver(endpoint, body, { id: 'a.b' })).status).toBe(400)
  const made = await sandbox.control('POST', '/accounts', {
    platform: 'webhook',
    settings: { url: 'https://example.test/hook' },
    credentials: { secret: endpoint.secret },
  })
  expect(made.status).toBe(400)
})

it('answers what it is ordered to', async () => {
  const endpoint = await connect()
  const again = () => deliver(endpoint, one(event('added', 'anna')))
  const answer = async (order: object) => {
    await fault(order)
    const { status, headers } = await again()
    return [status, headers.get('retry-after')]
  }
  expect(await answer({ fault: 'server_error' })).toEqual([500, null])
  expect(await answer({ fault: 'bad_request', status: 410 })).toEqual([410, null])
  expect(await answer({ fault: 'throttled', regain_seconds: 7 })).toEqual([429, '7'])
  expect(await answer({ fault: 'server_error', status: 502, regain_seconds: 0 })).toEqual([502, '0'])
  expect(await answer({ fault: 'server_error', status: 504, regain_minutes: 1 })).toEqual([504, '60'])
  expect(await outcomes(endpoint)).toEqual([])
  await fault({ fault: 'slow', ms: 30 })
  expect((await again()).status).toBe(200)
  await fault({ fault: 'drop_after' })
  await expect(again()).rejects.toThrow()
  await fault({ fault: 'reject_rows', count: 1 })
  expect((await again()).body).toEqual({ received: 1 })
  expect(await outcomes(endpoint)).toEqual([
    ['kept', null],
    ['kept', null],
    ['dropped', 'refused by a fault'],
  ])
})

it('redirects where it is ordered to, and answers with a body of any size', async () => {
  const endpoint = await connect()
  expect((await fault({ fault: 'redirect' })).status).toBe(400)
  await fault({ fault: 'redirect', location: 'http://169.254.169.254/' })
  const text = JSON.stringify(one(event('added', 'anna')))
  const redirected = await fetch(endpoint.url, { method: 'POST', body: text, redirect: 'manual' })
  expect([redirected.status, redirected.headers.get('location')]).toEqual([302, 'http://169.254.169.254/'])
  await fault({ fault: 'large_body', bytes: 3_000_000 })
  expect((await deliver(endpoint, one(event('added', 'bert')))).body).toHaveLength(3_000_000)
}, 20_000)
