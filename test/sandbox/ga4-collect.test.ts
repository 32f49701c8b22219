import { expect, it } from 'vitest'
import { client, collect, ga4Events, ga4State, membership, newGa4Account } from './support/ga4.ts'
import { send, sha256, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()
const micros = (hoursAgo: number) => Math.round((Date.now() - hoursAgo * 3_600_000) * 1_000)
const outcomes = async (stream: string) => (await ga4Events(sandbox, stream)).map(({ outcome }) => outcome)

it('keeps good events behind an empty 204, and drops others behind the same', async () => {
  const account = await newGa4Account(sandbox)
  const good = { client_id: client(1), events: [membership('added')] }
  const answers = [
    await collect(sandbox, account, good),
    await collect(sandbox, { ...account, secret: 'wrong' }, good),
    await collect(sandbox, { ...account, id: 'G-UNKNOWN' }, good),
    await collect(sandbox, account, '{"client_id":'),
    await collect(sandbox, account, []),
    await collect(sandbox, account, { events: [membership('added')] }),
  ]
  expect(answers.map(({ status, body }) => [status, body])).toEqual(answers.map(() => [204, '']))
  expect((await ga4Events(sandbox, account.id)).map(({ name, reason }) => [name, reason])).toEqual([
    ['added_to_segment', null],
    ['added_to_segment', 'The api_secret is not one of the stream.'],
    ['', 'Unable to parse Measurement Protocol JSON payload.'],
    ['', 'Unable to parse Measurement Protocol JSON payload.'],
    ['added_to_segment', '[client_id] is required and must be a string.'],
  ])
  expect((await ga4Events(sandbox, 'G-UNKNOWN')).map(({ reason }) => reason)).toEqual(['There is no such stream.'])
  expect(await ga4State(sandbox, account)).toEqual([{ client_id: client(1) }])
})

it('takes events of an app for its own stream', async () => {
  const account = await newGa4Account(sandbox)
  const { accounts } = (await sandbox.control('GET', '/accounts?platform=ga4')).body
  const { firebase_app_id } = accounts.find(({ id }: { id: string }) => id === account.id)
  const query = new URLSearchParams({ firebase_app_id, api_secret: account.secret })
  const post = (payload: object) => send(`${sandbox.url}/ga4/mp/collect?${query}`, 'POST', {}, payload)
  const app_instance_id = 'ABCDEF0123456789abcdef0123456789'
  await post({ app_instance_id, events: [membership('added')] })
  await post({ client_id: client(1), events: [membership('added')] })
  await post({ app_instance_id, client_id: client(1), events: [membership('added')] })
  expect(await outcomes(firebase_app_id)).toEqual(['kept', 'dropped', 'dropped'])
})

it('drops one event alone for its own faults', async () => {
  const account = await newGa4Account(sandbox)
  const params = Object.fromEntries(Array.from({ length: 26 }, (_, at) => [`p${at}`, 1]))
  const events = [
    membership('added'),
    { name: 'session_start' },
    { name: 'ga_own' },
    { name: '1st' },
    { name: 'with-dash' },
    { name: 'x'.repeat(41) },
    { name: 'y', params },
    { name: 'y', params: { p: 'x'.repeat(101) } },
    { name: 'y', params: { p: null } },
    { name: 'y', params: { p: ['a'] } },
    { name: 'y', params: { firebase_p: 1 } },
    { name: 'y', other: 1 },
    'text',
    { name: 'x'.repeat(40), params: { p: 'ü'.repeat(100), items: [{ item_id: '1', own: 2 }], on: true } },
  ]
  await collect(sandbox, account, { client_id: client(1), events })
  expect(await outcomes(account.id)).toEqual(['kept', ...Array.from({ length: 12 }, () => 'dropped'), 'kept'])
})

const own = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, { value: 1 }]))

it.each([
  ['26 events', { events: Array.from({ length: 26 }, () => membership('added')) }],
  ['no events', { events: [] }],
  ['130 kB', { user_agent: 'x'.repeat(130_000) }],
  ['26 user properties', { user_properties: own(26) }],
  ['a long name of a user property', { user_properties: { ['x'.repeat(25)]: { value: 'in' } } }],
  ['a long value of a user property', { user_properties: { seg: { value: 'x'.repeat(37) } } }],
  ['a reserved user property', { user_properties: { user_id: { value: 'in' } } }],
  ['a user property without its object', { user_properties: { seg: 'in' } }],
  ['a client id that is none', { client_id: 'anna' }],
  ['zero in a client id', { client_id: '0.1' }],
  ['a long user id', { user_id: 'x'.repeat(257) }],
  ['an unknown key', { clientId: client(1) }],
  ['milliseconds with a fraction', { timestamp_micros: 1.5 }],
  ['a text as its time', { timestamp_micros: '1790000000000000' }],
  ['consent that is none', { consent: { ad_user_data: 'YES' } }],
  ['an e-mail in plain', { user_data: { sha256_email_address: 'anna@example.test' } }],
  ['a behaviour that is none', { validation_behavior: 'STRICT' }],
])('drops a whole request with %s, and validation says so', async (_, change) => {
  const account = await newGa4Account(sandbox)
  const payload = { client_id: client(1), events: [membership('added')], ...change }
  expect((await collect(sandbox, account, payload)).status).toBe(204)
  expect(new Set(await outcomes(account.id))).toEqual(new Set(['dropped']))
  const { status, body } = await collect(sandbox, account, payload, '/debug/mp/collect')
  expect(status).toBe(200)
  expect(body.validationMessages.length).toBeGreaterThan(0)
})

it('validates what is good without a word, and keeps nothing of it', async () => {
  const account = await newGa4Account(sandbox)
  const payload = {
    client_id: `GA1.1.${client(1)}`,
    user_id: 'u-1',
    timestamp_micros: micros(71),
    validation_behavior: 'ENFORCE_RECOMMENDATIONS',
    consent: { ad_user_data: 'GRANTED', ad_personalization: 'DENIED' },
    user_data: { sha256_email_address: [sha256('anna@example.test')] },
    user_properties: { seg_vip: { value: 'x'.repeat(36) }, ...own(24) },
    events: Array.from({ length: 25 }, () => membership('added', { engagement_time_msec: 1 })),
  }
  const wrong = { id: 'G-UNKNOWN', secret: 'wrong' }
  expect((await collect(sandbox, wrong, payload, '/debug/mp/collect')).body).toEqual({ validationMessages: [] })
  expect(await outcomes(account.id)).toEqual([])
  await collect(sandbox, account, payload)
  expect(new Set(await outcomes(account.id))).toEqual(new Set(['kept']))
  expect(await ga4State(sandbox, account)).toMatchObject([{ client_id: client(1) }])
})

it('names what is wrong in the words of Google', async () => {
  const account = await newGa4Account(sandbox)
  const payload = {
    client_id: client(1),
    events: [{ name: '_bad' }, {}, { name: 'y', params: { p: 'x'.repeat(101) } }],
  }
  const { body } = await collect(sandbox, account, payload, '/debug/mp/collect')
  expect(body.validationMessages).toEqual([
    { fieldPath: 'events', description: expect.stringContaining('[_bad]'), validationCode: 'NAME_RESERVED' },
    { fieldPath: 'events[1].name', description: expect.any(String), validationCode: 'VALUE_REQUIRED' },
    { fieldPath: 'events[2].params.p', description: expect.any(String), validationCode: 'VALUE_INVALID' },
  ])
  expect(JSON.stringify(body)).not.toContain('xxx')
})

it('moves what is older than 72 hours, or drops it for whom asks for strictness', async () => {
  const account = await newGa4Account(sandbox)
  const old = { client_id: client(1), timestamp_micros: micros(80), events: [membership('added')] }
  await collect(sandbox, account, old)
  await collect(sandbox, account, { ...old, validation_behavior: 'ENFORCE_RECOMMENDATIONS' })
  await collect(sandbox, account, { ...old, timestamp_micros: micros(-1) })
  const [moved, dropped, early] = await ga4Events(sandbox, account.id)
  const hoursAgo = (time = '') => (Date.now() - Date.parse(time)) / 3_600_000
  expect(hoursAgo(moved?.time)).toBeCloseTo(72, 1)
  expect(dropped?.reason).toContain('timestamp_micros')
  expect(hoursAgo(early?.time)).toBeCloseTo(0, 1)
})

it('counts repeats and drops none', async () => {
  const account = await newGa4Account(sandbox)
  const send = (number: number, ...events: object[]) => collect(sandbox, account, { client_id: client(number), events })
  await send(1, membership('added'), membership('added', { event_id: 'e1' }))
  await send(1, membership('added'), membership('added', { event_id: 'e1' }))
  await send(2, membership('added'))
  expect((await ga4Events(sandbox, account.id)).map(({ outcome, repeats }) => [outcome, repeats])).toEqual([
    ['kept', 1],
    ['kept', 1],
    ['kept', 1],
    ['kept', 1],
    ['kept', 0],
  ])
})

it('answers what it is ordered to', async () => {
  const account = await newGa4Account(sandbox)
  const ordered = async (order: object) => {
    await sandbox.control('POST', '/faults', { platform: 'ga4', ...order })
    const events = [membership('added')]
    return (await collect(sandbox, account, { client_id: client(1), events })).status
  }
  expect(await ordered({ fault: 'throttled' })).toBe(429)
  expect(await ordered({ fault: 'server_error', status: 502 })).toBe(502)
  expect(await ordered({ fault: 'bad_request' })).toBe(400)
  expect(await ordered({ fault: 'expired_token' })).toBe(204)
  expect(await outcomes(account.id)).toEqual([])
  await expect(ordered({ fault: 'drop_after' })).rejects.toThrow()
  expect(await ordered({ fault: 'slow', ms: 20 })).toBe(204)
  expect(await ordered({ fault: 'reject_rows' })).toBe(204)
  expect(await outcomes(account.id)).toEqual(['kept', 'kept', 'dropped'])
  expect((await send(`${sandbox.url}/ga4/mp/collect`, 'GET', {})).status).toBe(405)
})
