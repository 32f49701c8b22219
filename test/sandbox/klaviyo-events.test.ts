import { expect, it } from 'vitest'
import type { KlaviyoAccount, SentToKlaviyo } from './support/klaviyo.ts'
import { email, eventBody, eventsBody, faults, klaviyo, newKlaviyoAccount, turnToNext } from './support/klaviyo.ts'
import { useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()
const anna = { email: email('anna') }

const one = (account: KlaviyoAccount, event: SentToKlaviyo) =>
  klaviyo(sandbox, account, 'POST', '/api/events', eventBody(event))
const bulk = (account: KlaviyoAccount, ...events: SentToKlaviyo[]) =>
  klaviyo(sandbox, account, 'POST', '/api/event-bulk-create-jobs', eventsBody(...events))
const shown = async ({ id }: KlaviyoAccount) =>
  (await sandbox.control('GET', `/klaviyo/events?stream=${id}&limit=10000`)).body.events
const outcomes = async (account: KlaviyoAccount) =>
  (await shown(account)).map(({ outcome }: { outcome: string }) => outcome)
const state = async ({ id }: KlaviyoAccount) =>
  (await sandbox.control('GET', `/klaviyo/state?audience=seg&stream=${id}`)).body.members
const at = (index: number, rest = '') => `/data/attributes/events-bulk-create/data/${index}/attributes${rest}`
const event0 = '/events/data/0/attributes'

it('takes events, one and many, makes their profiles, and knows who is in', async () => {
  const account = await newKlaviyoAccount(sandbox)
  const left = { metric: 'removed_from_segment', properties: { action: 'removed' } }
  const answer = await one(account, { profile: { ...anna, first_name: 'Anna' }, time: '2026-07-20T10:00:00.900Z' })
  expect([answer.status, answer.body]).toEqual([202, undefined])
  const more = await bulk(
    account,
    { profile: { external_id: 'b' }, unique_id: '1', backfill: true },
    { profile: { phone_number: '+4915112345678' }, unique_id: '2' },
    { profile: { external_id: 'b' }, unique_id: '3', time: '2099-01-01T00:00:00Z', ...left },
  )
  expect([more.status, faults(more)]).toEqual([400, [['invalid', at(2, `${event0}/time`)]]])
  expect(await shown(account)).toHaveLength(1)
  await bulk(account, { profile: { external_id: 'b' }, unique_id: '1', backfill: true })
  await bulk(account, { profile: { phone_number: '+4915112345678' }, unique_id: '2' })
  await one(account, { profile: { external_id: 'b' }, unique_id: '3', ...left })
  expect((await shown(account)).slice(0, 2)).toMatchObject([
    { id: null, time: '2026-07-20T10:00:00.000Z', details: { backfill: false }, identifiers: anna },
    { id: '1', details: { backfill: true }, identifiers: { external_id: 'b' } },
  ])
  const id = expect.any(String)
  expect(await state(account)).toEqual([
    { id, ...anna },
    { id, phone_number: '+4915112345678' },
  ])
  const found = await klaviyo(sandbox, account, 'GET', `/api/profiles?filter=equals(email,"${anna.email}")`)
  expect(found.body.data).toMatchObject([{ attributes: { ...anna, first_name: 'Anna' } }])
})

it('counts a unique_id once for a profile and metric, without one once a second', async () => {
  const account = await newKlaviyoAccount(sandbox)
  const time = '2026-07-20T10:00:00Z'
  for (const more of [{ unique_id: '1' }, { unique_id: '1' }, { unique_id: '1', metric: 'other' }])
    expect((await one(account, { profile: anna, ...more })).status).toBe(202)
  await one(account, { profile: { email: email('bert') }, unique_id: '1' })
  await one(account, { profile: { email: anna.email.toUpperCase() }, time })
  await one(account, { profile: anna, time: '2026-07-20T12:00:00.500+02:00' })
  expect(await outcomes(account)).toEqual(['kept', 'repeat', 'kept', 'kept', 'kept', 'repeat'])
})

it('refuses a bulk that repeats an id, and says so as the account is set to', async () => {
  const account = await newKlaviyoAccount(sandbox)
  const [first, second, third] = ['1', '2', '3'].map((unique_id) => ({ profile: anna, unique_id }))
  const send = (...events: (SentToKlaviyo | undefined)[]) =>
    bulk(account, ...events.filter((each) => each !== undefined))
  const twice = await send(first, second, first)
  expect([twice.status, faults(twice)]).toEqual([400, [['invalid', at(2, `${event0}/unique_id`)]]])
  expect(await outcomes(account)).toEqual([])
  expect((await send(first, second)).status).toBe(202)
  expect(faults(await send(first, second, third))).toEqual([
    ['invalid', at(0, `${event0}/unique_id`)],
    ['invalid', at(1, `${event0}/unique_id`)],
  ])
  const set = (repeated_ids: string) => sandbox.control('PATCH', `/accounts/${account.id}`, { repeated_ids })
  await set('unnamed')
  expect(faults(await send(third, first))).toEqual([['invalid', '/data/attributes/events-bulk-create/data']])
  await set('first_kept')
  expect((await send(third, first)).status).toBe(202)
  expect((await send({ ...third, unique_id: '4' }, { ...third, unique_id: '4' })).status).toBe(400)
  expect(await outcomes(account)).toEqual(['kept', 'kept', 'kept', 'repeat'])
})

it('joins the anonymous to whom they turn out to be', async () => {
  const account = await newKlaviyoAccount(sandbox)
  await one(account, { profile: anna, unique_id: '1' })
  await one(account, { profile: { anonymous_id: 'cookie' }, unique_id: '2' })
  expect(await state(account)).toHaveLength(2)
  await one(account, { profile: { ...anna, anonymous_id: 'cookie' }, metric: 'visit', properties: {}, unique_id: '3' })
  expect(await state(account)).toMatchObject([{ ...anna, anonymous_id: 'cookie' }])
  expect((await one(account, { profile: { _kx: 'leads nowhere' }, unique_id: '4' })).status).toBe(202)
  expect((await outcomes(account)).at(-1)).toBe('dropped')
})

const deep = (levels: number): object => (levels === 0 ? {} : { in: deep(levels - 1) })
const wide = Object.fromEntries(Array.from({ length: 298 }, (_, index) => [`p${index}`, 1]))

it.each([
  ['nobody', { profile: {} }, '/profile/data/attributes'],
  ['a bad e-mail', { profile: { email: 'anna' } }, '/profile/data/attributes/email'],
  ['a bad phone', { profile: { phone_number: '0151' } }, '/profile/data/attributes/phone_number'],
  ['a name of 128 characters', { metric: 'x'.repeat(128) }, `${event0}/metric/data/attributes/name`],
  ['301 properties', { properties: wide }, `${event0}/properties`],
  ['a text of more than 100 KB', { properties: { text: 'x'.repeat(102_401) } }, `${event0}/properties`],
  ['an array of 4,001', { properties: { all: Array(4_001).fill(1) } }, `${event0}/properties`],
  ['eleven levels', { properties: deep(11) }, `${event0}/properties`],
  ['the year 1999', { time: '1999-12-31T00:00:00Z' }, `${event0}/time`],
  ['a day', { time: '2026-07-20' }, `${event0}/time`],
  ['an unknown attribute', { uniqueId: '1' }, `${event0}/uniqueId`],
  ['a text as its value', { value: '5' }, `${event0}/value`],
])('refuses a bulk with %s in one of its events, and names that', async (_, change, pointer) => {
  const account = await newKlaviyoAccount(sandbox)
  const answer = await bulk(account, { profile: anna, unique_id: '1' }, { profile: anna, unique_id: '2', ...change })
  expect([answer.status, faults(answer)]).toEqual([400, [['invalid', at(1, pointer)]]])
  expect(await outcomes(account)).toEqual([])
})

it('takes 1,000 events and 5 MB, not more', async () => {
  const account = await newKlaviyoAccount(sandbox)
  const many = (count: number) => Array.from({ length: count }, (_, at) => ({ profile: anna, unique_id: `${at}` }))
  expect(faults(await bulk(account, ...many(1_001)))).toEqual([['invalid', '/data/attributes/events-bulk-create/data']])
  expect((await bulk(account)).status).toBe(400)
  expect((await bulk(account, ...many(1_000))).status).toBe(202)
  const fat = many(60).map((event) => ({ ...event, properties: { text: 'x'.repeat(100_000) } }))
  expect((await bulk(account, ...fat)).status).toBe(413)
})

it('asks for the right, the key and the revision, and limits calls', async () => {
  const account = await newKlaviyoAccount(sandbox, { scopes: ['lists:read'] })
  expect((await one(account, { profile: anna })).status).toBe(403)
  await sandbox.control('PATCH', `/accounts/${account.id}`, { scopes: ['events:write'] })
  expect((await one({ ...account, key: 'pk_other' }, { profile: anna })).status).toBe(401)
  const headers = { revision: '2020-01-01' }
  expect((await klaviyo(sandbox, account, 'POST', '/api/events/', eventBody({ profile: anna }), headers)).status).toBe(
    410,
  )
  await turnToNext(sandbox, 'minute')
  const single = await klaviyo(sandbox, account, 'POST', '/api/events/', eventBody({ profile: anna }))
  expect([single.status, single.headers.get('ratelimit-limit')]).toEqual([202, '3500'])
  expect((await bulk(account, { profile: anna, unique_id: '1' })).headers.get('ratelimit-limit')).toBe('150')
})

it('answers what it is ordered to', async () => {
  const account = await newKlaviyoAccount(sandbox)
  const ordered = async (order: object) => {
    await sandbox.control('POST', '/faults', { platform: 'klaviyo', ...order })
    return bulk(account, { profile: anna }, { profile: anna, metric: 'other' })
  }
  expect((await ordered({ fault: 'server_error', status: 503 })).status).toBe(503)
  expect(faults(await ordered({ fault: 'bad_request' }))).toEqual([['invalid', at(0, '/email')]])
  expect((await ordered({ fault: 'expired_token' })).status).toBe(401)
  await expect(ordered({ fault: 'drop_after' })).rejects.toThrow()
  expect(await outcomes(account)).toEqual(['kept', 'kept'])
  expect((await ordered({ fault: 'reject_rows', reason: 'lost' })).status).toBe(202)
  expect((await shown(account)).at(2)).toMatchObject({ outcome: 'dropped', reason: 'lost' })
  expect((await ordered({ fault: 'throttled', regain_seconds: 7 })).headers.get('retry-after')).toBe('7')
})
