import { hash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { googleEvents } from '../../../destinations/google/events/index.ts'
import { loadProtos } from '../../sandbox/support/google-protos.ts'
import { failureFrom } from '../open.ts'
import {
  anEventBatch,
  anOpenEvents,
  audience,
  aWantedAudience,
  eventIdOf,
  eventsOf,
  recordedEvents,
} from '../opened-events.ts'
import type { Recorded, Reply } from '../recorder.ts'

const protos = loadProtos()
const accountAt = (url: string, settings = {}) => ({
  settings: {
    account_id: '123-456-7890',
    login_account_id: '987',
    ga_property_id: '42',
    ga_measurement_id: 'G-ABC123',
    ...settings,
  },
  credentials: { client_id: 'id', client_secret: 'S', refresh_token: 'R', token_uri: `${url}/token` },
})
const open = (reply: Reply | ((request: Recorded) => Reply), settings = {}) =>
  recordedEvents(
    googleEvents,
    (url) => accountAt(url, settings),
    (request) =>
      request.path === '/token'
        ? { json: { access_token: 'T', expires_in: 3599 } }
        : typeof reply === 'function'
          ? reply(request)
          : reply,
    { sandbox: true },
  )
const taken: Reply = { json: { requestId: 'r-1' } }
const refused = (status: string, http: number, reason?: string, field?: string): Reply => ({
  status: http,
  json: {
    error: {
      code: http,
      status,
      message: 'CANARY jane@example.test',
      details: field ? [{ fieldViolations: [{ field, reason, description: 'CANARY' }] }] : reason ? [{ reason }] : [],
    },
  },
})
const sha = (value: string) => hash('sha256', value, 'hex')
const at = new Date(Date.now() - 60_000)
const people: Record<string, string>[] = [
  {
    CLIENT_ID: 'GA1.1.1234567890.1789990000',
    USER_ID: 'Jürgen 1',
    email: 'a.na@gmail.com',
    GCLID: 'Cj0KCQ-abc',
    ad_user_data: 'yes',
  },
  { APP_INSTANCE_ID: 'ab'.repeat(16), mobile_id: '6D92078A-8246-4BA4-AE5B-76104861E7DC', ad_user_data: 'yes' },
]
const batch = anEventBatch(
  eventsOf(googleEvents, people, { at, properties: { 'tier of it': 'g'.repeat(150), action: 'mine' } }),
)
const eventsIn = (request: Recorded | undefined) => Object(request?.body).events as Record<string, unknown>[]

describe('events to Google Analytics', () => {
  it('say who, what, and the state as a property of the user', async () => {
    const { opened, requests } = await open(taken)
    expect(await opened.send(batch)).toEqual({ state: 'accepted', reference: 'r-1', received: 2 })
    const sent = requests.at(-1)
    expect(sent).toMatchObject({ method: 'POST', path: '/v1/events:ingest' })
    expect(sent?.headers).not.toHaveProperty('login-account')
    expect(sent?.body).toMatchObject({
      destinations: [
        {
          operatingAccount: { accountType: 'GOOGLE_ANALYTICS_PROPERTY', accountId: '42' },
          productDestinationId: 'G-ABC123',
        },
      ],
      consent: { adUserData: 'CONSENT_GRANTED' },
      encoding: 'HEX',
    })
    const [first, second] = eventsIn(sent)
    expect(first).toEqual({
      eventName: 'added_to_segment',
      eventSource: 'WEB',
      userProperties: { additionalUserProperties: [{ propertyName: 'seg_vip_90_days_47f80050', value: 'in' }] },
      eventTimestamp: at.toISOString(),
      clientId: '1234567890.1789990000',
      userId: 'Jürgen 1',
      userData: { userIdentifiers: [{ emailAddress: sha('ana@gmail.com') }] },
      adIdentifiers: { gclid: 'Cj0KCQ-abc' },
      additionalEventParameters: [
        { parameterName: 'segment_id', value: audience.id },
        { parameterName: 'segment_name', value: audience.name },
        { parameterName: 'action', value: 'added' },
        { parameterName: 'occurred_at', value: at.toISOString() },
        { parameterName: 'event_id', value: eventIdOf(0) },
        { parameterName: 'tier_of_it', value: 'g'.repeat(100) },
      ],
    })
    expect(second).toMatchObject({ appInstanceId: 'ab'.repeat(16) })
    expect(second).not.toHaveProperty('clientId')
  })

  it('fit the messages that the vendor publishes, with every setting', async () => {
    const { opened, requests } = await open(taken)
    await opened.check()
    for (const operation of ['add', 'remove'] as const)
      for (const settings of [
        {},
        { transactionIds: true, adUserData: 'granted', adPersonalization: 'denied', stateProperty: 'slot_1' },
      ])
        await opened.send({ ...batch, operation, settings })
    const sent = requests.filter(({ path }) => path === '/v1/events:ingest')
    expect(sent).toHaveLength(5)
    const timeless = (body: unknown) => JSON.parse(JSON.stringify(body).replace(/,"eventTimestamp":"[^"]+"/g, ''))
    expect(sent.flatMap(({ body }) => protos.misfits('IngestEventsRequest', timeless(body)))).toEqual([])
    expect(sent[0]?.body).toMatchObject({ validateOnly: true })
    expect(eventsIn(sent.at(-1))[0]).toMatchObject({
      transactionId: eventIdOf(0),
      userProperties: { additionalUserProperties: [{ propertyName: 'slot_1', value: 'out' }] },
    })
  })

  it('that are too old go with a time that Google takes and say the true one', async () => {
    const { opened, requests } = await open(taken)
    const old = new Date(Date.now() - 10 * 86_400_000)
    await opened.send({ ...batch, events: batch.events.map((event) => ({ ...event, at: old })) })
    const [event] = eventsIn(requests.at(-1))
    const hours = (Date.now() - Date.parse(String(event?.eventTimestamp))) / 3_600_000
    expect(hours).toBeLessThan(72)
    expect(hours).toBeGreaterThan(71)
    expect(event?.additionalEventParameters).toContainEqual({ parameterName: 'occurred_at', value: old.toISOString() })
  })

  it('refused for one of them name its member', async () => {
    const { opened } = await open(refused('INVALID_ARGUMENT', 400, 'REQUIRED_FIELD_MISSING', 'events[1].client_id'))
    const failure = await failureFrom(opened.send(batch))
    expect([...failure.members]).toEqual([['m1', expect.stringMatching(/REQUIRED_FIELD_MISSING/)]])
    expect(failure.message).not.toMatch(/CANARY|@/)
  })

  it.each([
    ['PERMISSION_DENIED', 403, undefined, undefined, 'auth', /property/],
    ['INVALID_ARGUMENT', 400, 'INVALID_DESTINATION', 'destinations[0]', 'config', /measurement id/],
    ['INVALID_ARGUMENT', 400, 'INVALID_EVENT_NAME', 'events[0].event_name', 'config', /another name/],
    ['PERMISSION_DENIED', 403, 'NOT_ALLOWLISTED', undefined, 'config', /transactionIds/],
    ['RESOURCE_EXHAUSTED', 429, undefined, undefined, 'throttled', /quota/],
    ['UNAVAILABLE', 503, undefined, undefined, 'retry', /moment/],
  ] as const)('refused with %s %i %s are told', async (status, http, reason, field, kind, says) => {
    const { opened } = await open(refused(status, http, reason, field))
    const failure = await failureFrom(opened.send(batch))
    expect(failure).toMatchObject({ kind, members: new Map() })
    expect(failure.message).toMatch(says)
  })

  it('are followed to the last word, where one told before is none that was refused', async () => {
    const told = (requestStatus: string, reason?: string) => ({
      json: {
        requestStatusPerDestination: [
          { requestStatus, ...(reason && { errorInfo: { errorCounts: [{ recordCount: '1', reason }] } }) },
        ],
      },
    })
    const word = async (reply: Reply) => (await open(reply)).opened.settle(anOpenEvents({ reference: 'r-1', rows: 2 }))
    expect(await word(told('PROCESSING'))).toMatchObject({ state: 'pending' })
    expect(await word(told('SUCCESS'))).toMatchObject({ state: 'confirmed', refused: 0 })
    expect(await word(told('PARTIAL_SUCCESS', 'PROCESSING_ERROR_REASON_EVENT_TOO_OLD'))).toMatchObject({ refused: 1 })
    expect(await word(told('FAILED', 'PROCESSING_ERROR_REASON_DUPLICATE_TRANSACTION_ID'))).toMatchObject({
      state: 'confirmed',
      refused: 0,
    })
  })
})

describe('the audience and the account of events at Google', () => {
  it('is made by hand on the property', async () => {
    const { opened } = await open(taken)
    const { steps, uncertain } = opened.audienceRule(aWantedAudience())
    expect(steps.join('\n')).toMatch(/"seg_vip_90_days_47f80050" exactly matches "in"/)
    expect(uncertain.join('\n')).toMatch(/counted twice/)
    expect(googleEvents.forgetsAfterMs({})).toBeUndefined()
  })

  it('lacks property and stream until they are named', async () => {
    const { opened } = await open(taken, { ga_measurement_id: undefined })
    expect(opened.lacks?.next).toMatch(/gaMeasurementId/)
    expect(await opened.check()).toMatchObject({ ok: false })
    expect(await (await open(refused('PERMISSION_DENIED', 403))).opened.check()).toMatchObject({ ok: false })
  })

  it('takes client ids of the right shape only, and nobody without one', () => {
    const { identifiers } = googleEvents
    expect(identifiers.CLIENT_ID.normalise('1234567890.1789990000')).toBe('1234567890.1789990000')
    expect(identifiers.CLIENT_ID.normalise('fb.1.1789990000000.1')).toHaveProperty('reason')
    expect(() => eventsOf(googleEvents, [{ CLIENT_ID: '', USER_ID: 'u-1' }])).toThrow(/CLIENT_ID: empty/)
  })
})
