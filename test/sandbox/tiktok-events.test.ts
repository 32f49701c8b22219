import { expect, it } from 'vitest'
import { sha256, useSandbox } from './support/sandbox.ts'
import { tikTok } from './support/tiktok.ts'

const sandbox = useSandbox()
const client = tikTok(sandbox)
const email = sha256('anna@example.test')

async function connect() {
  const { settings, credentials } = (await sandbox.control('POST', '/accounts', { platform: 'tiktok' })).body
  return { id: settings.advertiser_id, pixel: settings.event_source_id, token: credentials.access_token }
}
type Account = Awaited<ReturnType<typeof connect>>

let lastId = 0
const event = (more: object = {}) => ({
  event: 'added_to_segment_vip',
  event_id: `id-${++lastId}`,
  event_time: 1_790_000_000,
  user: { email },
  properties: { segment_id: 'seg', action: 'added' },
  ...more,
})
const track = (account: Account, data: unknown, more: object = {}) =>
  client.post(account, '/event/track/', { event_source: 'web', event_source_id: account.pixel, data, ...more })
const kept = async ({ pixel }: Account) =>
  (await sandbox.control('GET', `/tiktok/events?stream=${pixel}`)).body.events.map(
    (each: { outcome: string }) => each.outcome,
  )
const state = async ({ pixel }: Account) =>
  (await sandbox.control('GET', `/tiktok/state?audience=seg&stream=${pixel}`)).body.members

it('takes events, each event and id once in two days, and replays them', async () => {
  const account = await connect()
  const same = event()
  expect((await track(account, [same, event({ user: { ttp: 'cookie' } })])).body).toMatchObject({ code: 0 })
  expect((await track(account, [same])).body.code).toBe(0)
  expect(await kept(account)).toEqual(['kept', 'kept', 'repeat'])
  expect(await state(account)).toEqual([{ email }, { ttp: 'cookie' }])
  await track(account, [
    event({ event: 'removed_from_segment_vip', properties: { segment_id: 'seg', action: 'removed' } }),
  ])
  expect(await state(account)).toEqual([{ ttp: 'cookie' }])
})

it.each<[string, object, object]>([
  ['no event', { event: undefined }, {}],
  ['a time in milliseconds', { event_time: Date.now() }, {}],
  ['an e-mail address in plain', { user: { email: 'anna@example.test' } }, {}],
  ['a hashed cookie', { user: { ttp: email } }, {}],
  ['nobody', { user: { ip: '192.0.2.1' } }, {}],
  ['an unknown source', {}, { event_source: 'shop' }],
])('refuses all of a call with %s: 40002 under HTTP 200', async (_, more, body) => {
  const account = await connect()
  const reply = await track(account, [event(), event(more)], body)
  expect([reply.status, reply.body.code]).toEqual([200, 40002])
  expect(await kept(account)).toEqual([])
})

it('refuses other sizes, other event sources and other tokens', async () => {
  const [mine, theirs] = [await connect(), await connect()]
  const many = Array.from({ length: 1_001 }, () => event())
  for (const data of [[], many]) expect((await track(mine, data)).body.code).toBe(40002)
  expect((await track(mine, [event()], { event_source_id: theirs.pixel })).body.code).toBe(40001)
  await client.change(mine, { token_expired: true })
  expect((await track(mine, [event()])).body.code).toBe(40105)
})

it('meets faults', async () => {
  const account = await connect()
  const fault = (order: object) =>
    sandbox.control('POST', '/faults', { platform: 'tiktok', match: { operation: 'track_events' }, ...order })
  await fault({ fault: 'throttled' })
  expect((await track(account, [event()])).body.code).toBe(40100)
  await fault({ fault: 'reject_rows', count: 1 })
  expect((await track(account, [event(), event()])).body.code).toBe(20001)
  await fault({ fault: 'drop_after' })
  await expect(track(account, [event()])).rejects.toThrow()
  expect(await kept(account)).toEqual(['dropped', 'kept', 'kept'])
})
