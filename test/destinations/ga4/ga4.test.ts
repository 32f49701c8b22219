import { describe, expect, it, onTestFinished } from 'vitest'
import { slugOf } from '../../../destinations/event-names.ts'
import { ga4 } from '../../../destinations/ga4/index.ts'
import { AUDIENCE, anEvent, anEventBatch, eventId, openEventsAt } from '../events.ts'
import { failureFrom } from '../open.ts'
import { aWantedAudience, eventsOf } from '../opened-events.ts'
import { type Recorded, type Reply, startRecorder } from '../recorder.ts'

type Replier = (request: Recorded) => Reply | undefined
type Over = { settings?: object; credentials?: object; timeoutMs?: number }

const web = { measurementId: 'G-ABC1234567' }

async function open(reply: Reply | Replier = { status: 204, text: '' }, over: Over = {}) {
  const recorder = await startRecorder((request) => (typeof reply === 'function' ? reply(request) : reply))
  onTestFinished(() => recorder.close())
  const account = {
    settings: over.settings ?? web,
    credentials: { apiSecret: 'SECRET', ...over.credentials },
  }
  const lent = over.timeoutMs === undefined ? {} : { timeoutMs: over.timeoutMs }
  return { ...openEventsAt(ga4, recorder.url, account, lent), requests: recorder.requests }
}

const property = `seg_${slugOf(AUDIENCE, 20)}`
const identifiers = ['CLIENT_ID', 'APP_INSTANCE_ID', 'USER_ID', 'EMAIL', 'PHONE']
const hashed = 'a'.repeat(64)
const known = (number: number, over = {}) =>
  anEvent(number, { values: [`${number + 1}.2`, undefined, 'u-1', hashed], at: new Date(Date.now() - 60_000), ...over })
const batchOf = (count: number, over = {}) =>
  anEventBatch({ identifiers, events: Array.from({ length: count }, (_, at) => known(at)), ...over })
const clientOf = ({ body }: Recorded) => String(Object(body).client_id)

describe('events to Google Analytics', () => {
  it('are requests of one person each, with the event and the state in one', async () => {
    const { opened, requests } = await open()
    const event = known(1, { properties: { plan: 'gold', '1st größe': 'x'.repeat(300), ga_x: '1', action: 'mine' } })
    expect(await opened.send(batchOf(0, { events: [event] }))).toEqual({
      state: 'accepted',
      final: true,
      received: 1,
      refused: 0,
    })
    expect(requests).toHaveLength(1)
    expect(requests[0]).toMatchObject({
      method: 'POST',
      path: '/mp/collect',
      query: { measurement_id: 'G-ABC1234567', api_secret: 'SECRET' },
    })
    expect(requests[0]?.body).toEqual({
      client_id: '2.2',
      user_id: 'u-1',
      timestamp_micros: event.at.getTime() * 1_000,
      user_data: { sha256_email_address: [hashed] },
      user_properties: { [property]: { value: 'in' } },
      events: [
        {
          name: 'added_to_segment',
          params: {
            engagement_time_msec: 1,
            event_id: eventId(1),
            segment_id: AUDIENCE.id,
            segment_name: AUDIENCE.name,
            action: 'added',
            occurred_at: event.at.toISOString(),
            plan: 'gold',
            p_1st_gr__e: 'x'.repeat(100),
            p_ga_x: '1',
          },
        },
      ],
    })
  })

  it('say out at a leave, and the consent of the sync', async () => {
    const { opened, requests } = await open()
    const settings = { adUserData: 'GRANTED', adPersonalization: 'DENIED', stateProperty: 'slot_1' }
    await opened.send(batchOf(1, { operation: 'remove', name: 'removed_from_segment', settings }))
    expect(requests[0]?.body).toMatchObject({
      consent: { ad_user_data: 'GRANTED', ad_personalization: 'DENIED' },
      user_properties: { slot_1: { value: 'out' } },
      events: [{ name: 'removed_from_segment', params: { action: 'removed' } }],
    })
  })

  it('keep within the limits of names, values and numbers', async () => {
    const { opened, requests } = await open()
    const properties = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`${'long_'.repeat(20)}${at}`, 'v']))
    const short = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`p${at}`, 'v']))
    const audience = { id: AUDIENCE.id, name: 'A very long name of an audience, '.repeat(10) }
    await opened.send(batchOf(0, { audience, events: [known(1, { properties: { ...properties, ...short } })] }))
    const body = Object(requests[0]?.body)
    const parameters = Object.entries(body.events[0].params)
    expect(parameters.length).toBe(25)
    for (const [name, value] of parameters) {
      expect(name).toMatch(/^[A-Za-z][A-Za-z0-9_]{0,39}$/)
      expect(String(value).length).toBeLessThanOrEqual(100)
    }
    for (const name of Object.keys(body.user_properties)) expect(name).toMatch(/^[A-Za-z][A-Za-z0-9_]{0,23}$/)
  })

  it('older than 72 hours are told at the oldest time there is, with their own beside', async () => {
    const { opened, requests } = await open()
    const at = new Date(Date.now() - 30 * 86_400_000)
    const before = Date.now()
    await opened.send(batchOf(0, { events: [known(1, { at })] }))
    const told = Object(requests[0]?.body).timestamp_micros / 1_000
    const oldest = 72 * 3_600_000 - 60_000
    expect(told).toBeGreaterThanOrEqual(before - oldest)
    expect(told).toBeLessThanOrEqual(Date.now() - oldest)
    expect(requests[0]?.body).toMatchObject({ events: [{ params: { occurred_at: at.toISOString() } }] })
  })

  it('go to an app stream by the id of the app', async () => {
    const { opened, requests } = await open(undefined, { settings: { firebaseAppId: '1:123:android:0a1b' } })
    const app = anEvent(1, { values: [undefined, 'b'.repeat(32)] })
    expect(await opened.send(batchOf(0, { events: [app, known(2)] }))).toMatchObject({ received: 1, refused: 1 })
    expect(requests).toHaveLength(1)
    expect(requests[0]).toMatchObject({
      query: { firebase_app_id: '1:123:android:0a1b' },
      body: { app_instance_id: 'b'.repeat(32) },
    })
  })

  it('of people without an id of the stream are set aside by name', async () => {
    const { opened, requests } = await open()
    const app = anEvent(5, { values: [undefined, 'b'.repeat(32)] })
    const receipt = await opened.send(batchOf(0, { events: [known(1), app] }))
    expect([...(receipt.rejected ?? [])]).toEqual([['m5', expect.stringContaining('no client id')]])
    expect(requests).toHaveLength(1)
  })

  it('that Google answers with an error are refused by name, and not repeated', async () => {
    const { opened, requests } = await open((request) => ({
      status: clientOf(request) === '4.2' ? 500 : 204,
      text: '',
    }))
    const receipt = await opened.send(batchOf(50))
    expect(receipt).toMatchObject({ state: 'accepted', final: true, received: 49, refused: 1 })
    expect([...(receipt.rejected ?? [])]).toEqual([['m3', expect.stringContaining('http 500')]])
    expect(requests).toHaveLength(50)
  })

  it('without an answer are tried once more, and then the batch later', async () => {
    const seen = new Map<string, number>()
    const drops = (most: number) => (request: Recorded, drop: () => void) => {
      const times = (seen.get(clientOf(request)) ?? 0) + 1
      seen.set(clientOf(request), times)
      if (clientOf(request) !== '3.2' || times > most) return { status: 204, text: '' }
      drop()
      return undefined
    }
    for (const most of [1, 2]) {
      seen.clear()
      const reply = drops(most)
      const recorder = await startRecorder((request, response) => reply(request, () => response.destroy()))
      onTestFinished(() => recorder.close())
      const account = { settings: web, credentials: { apiSecret: 'SECRET' } }
      const sending = openEventsAt(ga4, recorder.url, account).opened.send(batchOf(10))
      if (most === 1) expect(await sending).toMatchObject({ received: 10 })
      else {
        const failure = await failureFrom(sending)
        expect(failure).toMatchObject({ kind: 'retry' })
        expect(failure.message).not.toContain('SECRET')
      }
      expect(seen.get('3.2')).toBe(2)
    }
  })

  it('are sent with at most twenty requests in flight', async () => {
    let isOpen = 0
    let most = 0
    const waiting: (() => void)[] = []
    const recorder = await startRecorder((request, response) => {
      if (request.path === '/all-here') return {}
      most = Math.max(most, ++isOpen)
      waiting.push(() => {
        isOpen--
        response.writeHead(204).end()
      })
      if (waiting.length === 20) {
        // one more that was on its way would be here before this one comes back
        void fetch(`http://${request.headers.host}/all-here`).then(() => {
          for (const answer of waiting.splice(0)) answer()
        })
      }
      return undefined
    })
    onTestFinished(() => recorder.close())
    const account = { settings: web, credentials: { apiSecret: 'SECRET' } }
    await openEventsAt(ga4, recorder.url, account).opened.send(batchOf(100))
    expect([most, recorder.requests.filter(({ method }) => method === 'POST').length]).toEqual([20, 100])
  })

  it('name people by a browser or an app; a user id alone does not send', () => {
    const { identifiers: names, events } = eventsOf(ga4, [
      { CLIENT_ID: 'GA1.1.1234567890.1789990000', EMAIL: ' An.na+x@Gmail.com ', USER_ID: 'u-1' },
    ])
    expect(events[0]?.values[names.indexOf('CLIENT_ID')]).toBe('1234567890.1789990000')
    expect(events[0]?.values[names.indexOf('EMAIL')]).toMatch(/^[0-9a-f]{64}$/)
    expect(() => eventsOf(ga4, [{ USER_ID: 'u-1' }])).toThrow()
    for (const wrong of ['abc', '1', '0.1', 'GA1.1.5', 'fb.1.2.3', '1.2.3'])
      expect(() => eventsOf(ga4, [{ CLIENT_ID: wrong }])).toThrow('client id')
  })

  it.each([{}, { measurementId: 'G-ABC1234567', firebaseAppId: '1:1:ios:a' }, { measurementId: 'UA-1' }])(
    'have no stream by the settings %j',
    async (settings) => {
      await expect(open(undefined, { settings })).rejects.toThrow()
    },
  )
})

describe('a check of Google Analytics', () => {
  it('has the form of an event validated, and says what is not looked at', async () => {
    const { opened, requests } = await open({ json: { validationMessages: [] } })
    const verdict = await opened.check()
    expect(verdict).toMatchObject({ ok: true, account: 'G-ABC1234567', problems: [{ code: 'not-checked' }] })
    expect(verdict.problems[0]?.what).toContain('neither the API secret nor the id')
    expect(requests).toMatchObject([{ path: '/debug/mp/collect', body: { client_id: '1.1' } }])
  })

  it('tells what is wrong with it', async () => {
    const { opened } = await open({
      json: {
        validationMessages: [{ fieldPath: 'events', description: 'anna@example.test', validationCode: 'NAME_INVALID' }],
      },
    })
    const verdict = await opened.check()
    expect(verdict).toMatchObject({ ok: false, problems: [{ code: 'NAME_INVALID' }] })
    expect(JSON.stringify(verdict)).not.toContain('anna')
    expect(await failureFrom((await open({ status: 500, text: 'oh' })).opened.check())).toMatchObject({ kind: 'retry' })
  })
})

describe('the audience in Google Analytics', () => {
  const admin = { settings: { ...web, propertyId: '42' }, credentials: { accessToken: 'TOKEN' } }
  const wanted = aWantedAudience({ audience: AUDIENCE })

  /** A property that keeps what is made in it. */
  function propertyServer() {
    const kept = { audiences: [] as object[], customDimensions: [] as object[] }
    const reply = ({ method, path, body }: Recorded): Reply => {
      const what = path.endsWith('/audiences') ? 'audiences' : 'customDimensions'
      if (method === 'GET') return { json: kept[what].length > 0 ? { [what]: kept[what] } : {} }
      const made = { name: `properties/42/${what}/${kept[what].length + 1}`, ...Object(body) }
      kept[what].push(made)
      return { json: made }
    }
    return { kept, reply }
  }

  it('is made on the user property, once', async () => {
    const { kept, reply } = propertyServer()
    const { opened, requests, paced } = await open(reply, admin)
    const made = await opened.createAudience?.(wanted)
    expect(made).toMatchObject({ id: 'properties/42/audiences/1', name: AUDIENCE.name })
    expect(await opened.createAudience?.(wanted)).toEqual(made)
    expect(kept.customDimensions).toMatchObject([{ parameterName: property, scope: 'USER' }])
    expect(kept.audiences).toHaveLength(1)
    expect(JSON.stringify(kept.audiences[0])).toContain(
      `{"fieldName":"customUser:${property}","stringFilter":{"matchType":"EXACT","value":"in"`,
    )
    expect(JSON.stringify(kept.audiences[0])).not.toContain('EXCLUDE')
    expect(requests[0]).toMatchObject({
      path: '/v1alpha/properties/42/audiences',
      headers: { authorization: 'Bearer TOKEN' },
    })
    expect(paced.length).toBe(requests.length)
  })

  it('is found on a later page', async () => {
    const { opened, requests } = await open(
      ({ query }) => ({
        json: query.pageToken
          ? {
              audiences: [{ name: 'properties/42/audiences/9', displayName: 'VIP', description: `(${wanted.marker})` }],
            }
          : { audiences: [{ name: 'properties/42/audiences/1', displayName: 'Other' }], nextPageToken: 'next' },
      }),
      admin,
    )
    expect(await opened.createAudience?.(wanted)).toMatchObject({ id: 'properties/42/audiences/9' })
    expect(requests.every(({ method }) => method === 'GET')).toBe(true)
  })

  it.each([
    [400, 'config'],
    [401, 'auth'],
    [403, 'auth'],
    [404, 'config'],
    [429, 'throttled'],
    [503, 'retry'],
  ])('that Google answers with %d fails as %s', async (status, kind) => {
    const json = { error: { status: 'SOME_STATUS', message: 'anna@example.test' } }
    const { opened } = await open({ status, json }, admin)
    const failure = await failureFrom(opened.createAudience?.(wanted) ?? Promise.resolve())
    expect(failure).toMatchObject({ kind, code: `http ${status} SOME_STATUS` })
    expect(failure.message).not.toContain('anna')
  })

  it('is not made without a property and a token, and is explained', async () => {
    const { opened, requests } = await open()
    const failure = await failureFrom(opened.createAudience?.(wanted) ?? Promise.resolve())
    expect(failure).toMatchObject({ kind: 'config', code: 'no-admin' })
    expect(requests).toHaveLength(0)
    const rule = opened.audienceRule(wanted)
    expect(rule.steps.join()).toContain(`"${property}" exactly matches "in"`)
    expect(rule.uncertain.join()).toContain('counted twice')
  })
})
