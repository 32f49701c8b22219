import { createHmac, hash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Identifiers } from '../../../destinations/define.ts'
import { compileMapping } from '../../../destinations/mapping.ts'
import { metaEvents } from '../../../destinations/meta/events/index.ts'
import { identifiers as ofLists } from '../../../destinations/meta/identifiers.ts'
import { failureFrom } from '../open.ts'
import { anEventBatch, audience, aWantedAudience, eventIdOf, eventsOf, recordedEvents } from '../opened-events.ts'
import type { Recorded, Reply } from '../recorder.ts'

const DAY = 86_400_000
const account = (settings = {}, credentials = {}) => ({
  settings: { ad_account_id: '17', pixel_id: '4711', ...settings },
  credentials: { access_token: 'TOKEN', ...credentials },
})
const sha = (value: string) => hash('sha256', value, 'hex')
const taken = (request: Recorded): Reply => ({
  json: { events_received: Object(request.body).data.length, messages: [], fbtrace_id: 't' },
})
const refused = (code: number, subcode?: number): Reply => ({
  status: 400,
  json: { error: { message: 'CANARY jane@example.test', type: 'OAuthException', code, error_subcode: subcode } },
})
const open = (reply: Reply | ((request: Recorded) => Reply | undefined), given = account()) =>
  recordedEvents(metaEvents, given, reply)

const at = new Date(Math.floor(Date.now() / 1_000) * 1_000 - 60_000)
const fbp = 'fb.1.1789990000000.1234567890'
const fbc = 'fb.1.1789990000000.AbCd-_e'
const agent = 'Mozilla/5.0 ("X"; Ünï)'
const known = { EMAIL: ' Ana@Example.test ', FN: 'Ana', DOB: '1990-02-01', EXTERNAL_ID: 'u-1', COUNTRY: 'DE' }
const anonymous = { FBP: fbp, FBC: fbc, CLIENT_IP_ADDRESS: '192.0.2.10', CLIENT_USER_AGENT: agent }
const two = eventsOf(metaEvents, [known, anonymous], { at, properties: { tier: 'gold "1"', segment_id: 'mine' } })
const batch = anEventBatch(two)

const dataOf = (request: Recorded | undefined) => Object(request?.body).data as Record<string, unknown>[]

describe('events to Meta', () => {
  it('are one request with who it was, what it was about and the same id at each attempt', async () => {
    const { opened, requests, paced } = await open(taken)
    expect(await opened.send(batch)).toEqual({ state: 'accepted', final: true, received: 2, refused: 0 })
    await opened.send({ ...batch, repeated: true })
    expect(requests[0]).toMatchObject({ method: 'POST', path: '/v25.0/4711/events', query: {} })
    expect(requests[1]?.text).toBe(requests[0]?.text)
    expect(paced).toEqual(['meta:events:4711', 'meta:events:4711'])
    const about = {
      event_name: 'added_to_segment',
      event_time: at.getTime() / 1_000,
      action_source: 'system_generated',
      custom_data: {
        segment_id: audience.id,
        segment_name: audience.name,
        action: 'added',
        occurred_at: at.toISOString(),
        tier: 'gold "1"',
      },
    }
    expect(requests[0]?.body).toEqual({
      access_token: 'TOKEN',
      data: [
        {
          ...about,
          event_id: eventIdOf(0),
          user_data: {
            em: [sha('ana@example.test')],
            fn: sha('ana'),
            db: sha('19900201'),
            external_id: [sha('u-1')],
            country: sha('de'),
          },
        },
        {
          ...about,
          event_id: eventIdOf(1),
          user_data: { fbp, fbc, client_ip_address: '192.0.2.10', client_user_agent: agent },
        },
      ],
    })
  })

  it('say that somebody left', async () => {
    const { opened, requests } = await open(taken)
    await opened.send({ ...batch, operation: 'remove', name: 'removed_from_segment' })
    expect(dataOf(requests[0])[0]).toMatchObject({
      event_name: 'removed_from_segment',
      custom_data: { action: 'removed' },
    })
  })

  it('prove the secret of the app and keep the token out of the address', async () => {
    const { opened, requests } = await open(taken, account({}, { app_secret: 'SECRET' }))
    await opened.send(batch)
    expect(requests[0]?.query).toEqual({
      appsecret_proof: createHmac('sha256', 'SECRET').update('TOKEN').digest('hex'),
    })
  })

  it('that are too old, or lie ahead, go with a time that Meta takes and say the true one', async () => {
    const old = new Date(Date.now() - 30 * DAY)
    const ahead = new Date(Date.now() + DAY)
    const [first, second] = two.events
    if (!first || !second) throw new Error('two events')
    const { opened, requests } = await open(taken)
    await opened.send({
      ...batch,
      events: [
        { ...first, at: old },
        { ...second, at: ahead },
      ],
    })
    const [was, willBe] = dataOf(requests[0])
    const now = Date.now() / 1_000
    expect(Number(was?.event_time)).toBeGreaterThan(now - 7 * 86_400)
    expect(Number(was?.event_time)).toBeLessThan(now - 6.9 * 86_400)
    expect(was?.custom_data).toMatchObject({ occurred_at: old.toISOString() })
    expect(Number(willBe?.event_time)).toBeLessThanOrEqual(now)
    expect(willBe?.custom_data).toMatchObject({ occurred_at: ahead.toISOString() })
  })

  it('carry the test code and limited data use', async () => {
    const { opened, requests } = await open(taken)
    const people: Record<string, string>[] = [
      { FBP: fbp, DATA_PROCESSING_OPTIONS: 'yes' },
      {
        FBP: fbp,
        DATA_PROCESSING_OPTIONS: 'yes',
        DATA_PROCESSING_OPTIONS_COUNTRY: 'US',
        DATA_PROCESSING_OPTIONS_STATE: 'CA',
      },
      { FBP: fbp, DATA_PROCESSING_OPTIONS: 'no' },
    ]
    await opened.send(anEventBatch({ ...eventsOf(metaEvents, people), settings: { testEventCode: 'TEST123' } }))
    expect(requests[0]?.body).toMatchObject({ test_event_code: 'TEST123' })
    const [wherever, california, none] = dataOf(requests[0])
    const limited = (country: number, state: number) => ({
      data_processing_options: ['LDU'],
      data_processing_options_country: country,
      data_processing_options_state: state,
    })
    expect(wherever).toMatchObject(limited(0, 0))
    expect(california).toMatchObject(limited(1, 1000))
    expect(none).not.toHaveProperty('data_processing_options')
  })

  it('of a website need the address of the site, and a user agent of each member', async () => {
    const { opened, requests } = await open(taken)
    const settings = { actionSource: 'website', eventSourceUrl: 'https://shop.example.test/' }
    const receipt = await opened.send({ ...batch, settings })
    expect(dataOf(requests[0])).toHaveLength(1)
    expect(dataOf(requests[0])[0]).toMatchObject({
      action_source: 'website',
      event_source_url: settings.eventSourceUrl,
    })
    expect([...(receipt.rejected ?? [])]).toEqual([['m0', expect.stringMatching(/user agent/)]])
    expect(receipt).toMatchObject({ received: 1, refused: 1 })
    expect(await opened.send(anEventBatch({ ...eventsOf(metaEvents, [known]), settings }))).toMatchObject({
      received: 0,
      refused: 1,
    })
    expect(requests).toHaveLength(1)
    expect(metaEvents.syncSettings.safeParse({ actionSource: 'website' }).success).toBe(false)
  })

  it('that Meta counts as fewer are told as missing', async () => {
    const { opened } = await open({ json: { events_received: 1 } })
    const receipt = await opened.send(batch)
    expect(receipt).toMatchObject({ received: 1, refused: 1 })
    expect(Object.entries(receipt.reasons ?? {})).toEqual([[expect.stringMatching(/fewer/), 1]])
  })

  const refusals: [code: number, subcode: number | undefined, kind: string, rowsSuspect: boolean, says: RegExp][] = [
    [100, undefined, 'config', true, /halved/],
    [100, 2804003, 'config', true, /7 days/],
    [100, 2804001, 'config', true, /names the person/],
    [100, 2804019, 'config', true, /halved/],
    [100, 4711, 'config', true, /halved/],
    [100, 33, 'auth', false, /dataset/],
    [190, undefined, 'auth', false, /access token/],
    [190, 463, 'auth', false, /expired/],
    [3, undefined, 'auth', false, /dataset/],
    [10, undefined, 'auth', false, /dataset/],
    [200, undefined, 'auth', false, /dataset/],
    [275, undefined, 'auth', false, /dataset/],
    [294, undefined, 'auth', false, /dataset/],
    [368, undefined, 'auth', false, /blocked/],
    [4, undefined, 'throttled', false, /too many calls/],
    [17, undefined, 'throttled', false, /too many calls/],
    [80003, undefined, 'throttled', false, /limit/],
    [341, undefined, 'throttled', false, /slowly/],
    [1, undefined, 'retry', false, /by itself/],
    [2, undefined, 'retry', false, /by itself/],
    [5000, undefined, 'retry', false, /by itself/],
    [21009, undefined, 'retry', false, /by itself/],
    [2635, undefined, 'config', false, /apiVersion/],
  ]
  it.each(refusals)('refused with %s/%s are %s', async (code, subcode, kind, rowsSuspect, says) => {
    const { opened } = await open(refused(code, subcode))
    const failure = await failureFrom(opened.send(batch))
    expect(failure).toMatchObject({ kind, rowsSuspect, listGone: false })
    expect(failure.message).toMatch(says)
    expect(failure.message).not.toMatch(/CANARY|@/)
  })

  it.each([
    [{ status: 502, headers: { 'content-type': 'text/html' }, text: '<html>' }, 'retry'],
    [{ status: 200, text: '{"events_rec' }, 'retry'],
    [{ status: 429, text: '{}' }, 'throttled'],
    [{ json: { hello: 1 } }, 'retry'],
  ] as const)('answered with %j go by what can be read of it', async (reply, kind) => {
    const { opened } = await open(reply)
    expect(await failureFrom(opened.send(batch))).toMatchObject({ kind })
  })

  it('report the usage that Meta tells, by the quota of events', async () => {
    const { opened, usages } = await open({
      headers: { 'x-app-usage': '{"call_count":42}' },
      json: { events_received: 2 },
    })
    await opened.send(batch)
    expect(usages).toEqual([{ key: 'meta:events:4711', percent: 42, regainAfterMs: 0 }])
  })
})

describe('who can be told to Meta', () => {
  const { identifiers } = metaEvents
  const reasonOf = (name: keyof typeof identifiers, raw: string) => {
    const made = identifiers[name].normalise(raw)
    return typeof made === 'string' ? made : made.reason
  }

  it('are cookies, ids and addresses of the right shape only', () => {
    expect(reasonOf('FBP', ` ${fbp} `)).toBe(fbp)
    expect(reasonOf('FBP', `${fbp}.AQYB`)).toBe(`${fbp}.AQYB`)
    expect(reasonOf('FBP', '1234567890.1789990000')).toMatch(/_fbp cookie/)
    expect(reasonOf('FBP', 'fb.1.1789990000000.AbCd')).toMatch(/_fbp cookie/)
    expect(reasonOf('FBC', fbc)).toBe(fbc)
    expect(reasonOf('FBC', 'IwAR2F4-dbP0l7')).toMatch(/_fbc cookie/)
    expect(reasonOf('CLIENT_IP_ADDRESS', '2001:DB8::1')).toBe('2001:db8::1')
    expect(reasonOf('CLIENT_IP_ADDRESS', '10.0.0.1')).toMatch(/names nobody/)
    expect(reasonOf('CLIENT_IP_ADDRESS', '::1')).toMatch(/names nobody/)
    expect(reasonOf('CLIENT_IP_ADDRESS', '::ffff:10.0.0.1')).toMatch(/names nobody/)
    expect(reasonOf('CLIENT_IP_ADDRESS', '300.1.1.1')).toBe('not an IP address')
    expect(reasonOf('CLIENT_USER_AGENT', '12345')).toMatch(/browser/)
  })

  it('are nobody by an IP address or a user agent alone', () => {
    const mapping = { CLIENT_IP_ADDRESS: 'ip', CLIENT_USER_AGENT: 'agent' }
    const prepare = compileMapping({ identifiers, mapping, fields: ['ip', 'agent'] })
    expect(prepare(['192.0.2.1', agent])).toHaveProperty('packed')
    expect(prepare(['192.0.2.1', null])).toEqual({ unusable: 'agent: empty' })
  })

  it('keep what names a person and is not hashed sealed', () => {
    const table: Identifiers = identifiers
    for (const [name, { sent, role, sealed }] of Object.entries(table))
      if (sent === 'plain' && role !== 'describing') expect([name, sealed]).toEqual([name, true])
  })

  it('have codes that mean the same in lists and events', () => {
    const events = Object.entries(identifiers)
    expect(new Set(events.map(([, { code }]) => code)).size).toBe(events.length)
    for (const [name, { code }] of Object.entries(ofLists)) {
      const same = events.find(([, one]) => one.code === code)
      if (same) expect(same[0]).toBe(name)
    }
    expect(events.every(([, { code }]) => code > 0 && code < 255)).toBe(true)
  })
})

describe('the audience at Meta', () => {
  const made = (request: Recorded): Reply =>
    request.method === 'GET' ? { json: { data: [] } } : { json: { id: '120' } }

  it('includes who was added, for the retention and without an exclusion', async () => {
    const { opened, requests } = await open(made)
    const wanted = aWantedAudience({ settings: { retentionDays: 9 } })
    expect(await opened.createAudience?.(wanted)).toEqual({
      id: '120',
      name: audience.name,
      facts: { 'Members stay': '9 days after their last event' },
    })
    const { rule, ...rest } = Object(requests.at(-1)?.body)
    expect(requests.at(-1)).toMatchObject({ method: 'POST', path: '/v25.0/act_17/customaudiences' })
    expect(rest).toEqual({
      name: audience.name,
      retention_days: 9,
      prefill: true,
      description: expect.stringContaining('audience-sync-1'),
    })
    expect(JSON.parse(rule)).toEqual({
      inclusions: {
        operator: 'or',
        rules: [
          {
            event_sources: [{ id: '4711', type: 'pixel' }],
            retention_seconds: 777_600,
            filter: {
              operator: 'and',
              filters: [
                { field: 'event', operator: '=', value: 'added_to_segment' },
                { field: 'segment_id', operator: '=', value: 'aud_1' },
              ],
            },
          },
        ],
      },
    })
    expect(metaEvents.forgetsAfterMs({ retentionDays: 9 })).toBe(9 * DAY)
    expect(metaEvents.forgetsAfterMs({})).toBe(30 * DAY)
  })

  it('is found again where the call was interrupted', async () => {
    const { opened, requests } = await open({
      json: { data: [{ id: '120', name: 'Renamed', subtype: 'WEBSITE', description: 'Kept [audience-sync-1]' }] },
    })
    expect(await opened.createAudience?.(aWantedAudience())).toMatchObject({ id: '120', name: 'Renamed' })
    expect(requests.every(({ method }) => method === 'GET')).toBe(true)
  })

  it('by hand is told with the exact names, and what nobody can promise', async () => {
    const { opened, requests } = await open(made)
    const names = { addedEvent: 'in_{audience}', removedEvent: 'out_{audience}' }
    const { steps, uncertain } = opened.audienceRule(aWantedAudience({ names }))
    expect(steps.join('\n')).toMatch(/"in_vip_90_days_[0-9a-f]{8}"[\s\S]*"segment_id" equals "aud_1"[\s\S]*30 days/)
    expect(uncertain.join('\n')).toMatch(/not certain[\s\S]*takes nobody out[\s\S]*30 days/)
    expect(requests).toHaveLength(0)
  })
})

describe('the check of events at Meta', () => {
  it('sends no event', async () => {
    const { opened, requests } = await open(refused(100))
    expect(await opened.check()).toEqual({ ok: true, account: '4711', problems: [] })
    expect(requests.map(({ path, body }) => [path, Object(body).data])).toEqual([['/v25.0/4711/events', []]])
  })

  it('names a dataset that is not there, and a dead token', async () => {
    expect(await (await open(refused(100, 33))).opened.check()).toMatchObject({
      ok: false,
      problems: [{ code: '100/33' }],
    })
    expect(await (await open(refused(190))).opened.check()).toMatchObject({ ok: false, problems: [{ whose: 'you' }] })
    expect(await failureFrom((await open(refused(2))).opened.check())).toMatchObject({ kind: 'retry' })
  })

  it('says that no dataset is named', async () => {
    const { opened, requests } = await open(taken, account({ pixel_id: undefined }))
    expect(opened.lacks?.next).toMatch(/datasetId/)
    expect(await opened.check()).toMatchObject({ ok: false })
    expect(requests).toHaveLength(0)
    expect((await open(taken)).opened.lacks).toBeUndefined()
  })
})
