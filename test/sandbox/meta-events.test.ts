import { describe, expect, it } from 'vitest'
import { type MetaAccount, sha256, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()
const seconds = (agoMs = 0) => Math.floor((Date.now() - agoMs) / 1_000)
const DAY_MS = 86_400_000
const em = sha256('anna@example.test')
const fbp = 'fb.1.1789990000000.1234567890'

async function connect(): Promise<MetaAccount & { pixel: string }> {
  const { body } = await sandbox.control('POST', '/accounts', { platform: 'meta' })
  const { settings, credentials } = body
  return {
    ...{ id: settings.ad_account_id, pixel: settings.pixel_id },
    ...{ token: credentials.access_token, secret: credentials.app_secret },
  }
}

let lastId = 0
const event = (more: object = {}) => ({
  event_name: 'added_to_segment',
  event_id: `id-${++lastId}`,
  event_time: seconds(),
  action_source: 'system_generated',
  user_data: { em: [em] },
  custom_data: { segment_id: 'seg', segment_name: 'VIP', action: 'added' },
  ...more,
})

const post = (account: { pixel: string } & MetaAccount, data: unknown, more: object = {}) =>
  sandbox.meta(account, 'POST', `/${account.pixel}/events`, { data, ...more })
const kept = async ({ pixel }: { pixel: string }) =>
  (await sandbox.control('GET', `/meta/events?stream=${pixel}&limit=10000`)).body.events
const state = async ({ pixel }: { pixel: string }, audience = 'seg') =>
  (await sandbox.control('GET', `/meta/state?audience=${audience}&stream=${pixel}`)).body.members

describe('events', () => {
  it('are taken, kept as received and replayed', async () => {
    const account = await connect()
    const { status, body } = await post(account, [event(), event({ user_data: { fbp } })], { test_event_code: 'T1' })
    expect(status).toBe(200)
    expect(body).toEqual({ events_received: 2, messages: [], fbtrace_id: expect.any(String) })
    expect(await state(account)).toEqual([{ em }, { fbp }])
    const leave = { event_name: 'removed_from_segment', custom_data: { segment_id: 'seg', action: 'removed' } }
    await post(account, [event({ ...leave, user_data: { em: [em] } })])
    expect(await state(account)).toEqual([{ fbp }])
    expect((await kept(account))[0]).toMatchObject({
      identifiers: { em: [em] },
      properties: { segment_id: 'seg', segment_name: 'VIP' },
      details: { action_source: 'system_generated', test_event_code: 'T1' },
    })
  })

  it('with the same name and id count once in two days', async () => {
    const account = await connect()
    const same = event()
    for (const data of [[same, same], [same]])
      expect((await post(account, data)).body.events_received).toBe(data.length)
    expect((await kept(account)).map((each: { outcome: string }) => each.outcome)).toEqual(['kept', 'repeat', 'repeat'])
    expect((await kept(account))[0].repeats).toBe(2)
  })

  it.each<[string, object, RegExp, number?]>([
    ['no name', { event_name: undefined }, /event_name/],
    ['a time in milliseconds', { event_time: Date.now() }, /event_time/],
    ['a time of eight days ago', { event_time: seconds(8 * DAY_MS) }, /more than 7 days/, 2804003],
    ['a sale in a shop of 63 days ago', { event_time: seconds(63 * DAY_MS), action_source: 'physical_store' }, /62/],
    ['no action source', { action_source: undefined }, /action_source/],
    ['an unknown action source', { action_source: 'crm' }, /action_source/],
    ['a website event without an address', { action_source: 'website' }, /event_source_url/],
    [
      'a website event without a browser',
      { action_source: 'website', event_source_url: 'https://shop.example.test/' },
      /client_user_agent/,
    ],
    ['no user_data', { user_data: undefined }, /user_data/],
    ['an e-mail address in plain', { user_data: { em: 'anna@example.test' } }, /must be hashed/],
    ['a hash of nothing', { user_data: { em: [''] } }, /not empty/],
    ['a hashed cookie', { user_data: { fbp: sha256(fbp) } }, /must not be hashed/],
    ['a cookie that is none', { user_data: { fbp: 'GA1.2.3' } }, /does not look/],
    ['an address that is none', { user_data: { em, client_ip_address: '1.2.3' } }, /does not look/],
    ['nobody', { user_data: {} }, /customer information/, 2804050],
    ['a browser and a city', { user_data: { client_user_agent: 'B', ct: [em] } }, /customer information/, 2804050],
  ])('are refused all together for %s', async (_, more, text, subcode) => {
    const account = await connect()
    const { status, body } = await post(account, [event(), event(more), event()])
    expect(status).toBe(400)
    expect(body.error).toMatchObject({ code: 100, message: 'Invalid parameter' })
    expect(body.error.error_user_msg).toMatch(text)
    if (subcode) expect(body.error.error_subcode).toBe(subcode)
    expect(await kept(account)).toEqual([])
  })

  it('come 1 to 1,000 at a time', async () => {
    const account = await connect()
    const many = Array.from({ length: 1_001 }, () => event())
    for (const data of [[], many, undefined]) expect((await post(account, data)).status).toBe(400)
    expect((await post(account, many.slice(1))).body.events_received).toBe(1_000)
  })

  it('need a token that sees the dataset and may use it', async () => {
    const [mine, theirs] = [await connect(), await connect()]
    expect((await post({ ...mine, pixel: theirs.pixel }, [event()])).body.error).toMatchObject({ error_subcode: 33 })
    await sandbox.control('PATCH', `/accounts/${mine.id}`, { permissions: ['ads_read'] })
    expect((await post(mine, [event()])).body.error.code).toBe(294)
    await sandbox.control('PATCH', `/accounts/${mine.id}`, { token_expired: true })
    expect((await post(mine, [event()])).body.error).toMatchObject({ code: 190, error_subcode: 463 })
  })

  it('meet faults', async () => {
    const account = await connect()
    const fault = (order: object) =>
      sandbox.control('POST', '/faults', { platform: 'meta', match: { operation: 'send_events' }, ...order })
    await fault({ fault: 'throttled', regain_minutes: 3 })
    expect((await post(account, [event()])).body.error.code).toBe(4)
    await fault({ fault: 'bad_request' })
    expect((await post(account, [event()])).body.error).toMatchObject({ code: 100, error_subcode: 2804019 })
    await fault({ fault: 'server_error' })
    expect((await post(account, [event()])).status).toBe(500)
    expect(await kept(account)).toEqual([])
    await fault({ fault: 'drop_after' })
    await expect(post(account, [event()])).rejects.toThrow()
    expect(await kept(account)).toHaveLength(1)
  })
})

describe('a website audience', () => {
  const rule = (pixel: string, more: object = {}) => ({
    inclusions: {
      operator: 'or',
      rules: [
        {
          event_sources: [{ id: pixel, type: 'pixel' }],
          retention_seconds: 86_400,
          filter: {
            operator: 'and',
            filters: [
              { field: 'event', operator: '=', value: 'added_to_segment' },
              { field: 'segment_id', operator: 'eq', value: 'seg' },
            ],
          },
        },
      ],
    },
    ...more,
  })
  const create = (account: MetaAccount, more: object) =>
    sandbox.meta(account, 'POST', `/act_${account.id}/customaudiences`, { name: 'Visitors', ...more })

  it('holds whoever sent an event that its rule takes, while the retention lasts', async () => {
    const account = await connect()
    await post(account, [event(), event({ user_data: { fbp }, custom_data: { segment_id: 'other' } })])
    const { id } = (await create(account, { rule: JSON.stringify(rule(account.pixel)), retention_days: 1 })).body
    const later = (await create(account, { rule: rule(account.pixel), prefill: false })).body.id
    expect(await sandbox.held(id)).toEqual([{ em }])
    expect(await sandbox.held(later)).toEqual([])
    const leave = { event_name: 'removed_from_segment', custom_data: { segment_id: 'seg', action: 'removed' } }
    await post(account, [event(leave), event({ user_data: { fbp } })])
    // A rule that only includes does not hear of leaves.
    expect(await sandbox.held(id)).toEqual([{ em }, { fbp }])
    expect(await sandbox.held(later)).toEqual([{ fbp }])
    const fields = 'subtype,retention_days,pixel_id,operation_status'
    expect((await sandbox.meta(account, 'GET', `/${id}?fields=${fields}`)).body).toMatchObject({
      ...{ subtype: 'WEBSITE', retention_days: 1, pixel_id: account.pixel, operation_status: { code: 200 } },
    })
    await sandbox.control('POST', '/clock', { platform: 'meta', advance: '25h' })
    expect(await sandbox.held(id)).toEqual([])
    await sandbox.control('DELETE', '/meta')
  })

  it('takes no rule that the account cannot have, and nobody by hand', async () => {
    const account = await connect()
    expect((await create(account, { rule: rule('1') })).body.error.code).toBe(100)
    expect((await create(account, { rule: { inclusions: {} } })).body.error.code).toBe(100)
    expect((await create(account, { rule: 'x' })).body.error.code).toBe(100)
    const { id } = (await create(account, { rule: rule(account.pixel) })).body
    const users = { payload: { schema: ['EMAIL'], data: [[em]] } }
    expect((await sandbox.meta(account, 'POST', `/${id}/users`, users)).body.error.code).toBe(2650)
  })
})
