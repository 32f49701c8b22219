import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startSandbox } from '../../sandbox/server.ts'
import type { GoogleAccount } from './support/google.ts'
import {
  destination,
  fetchToken,
  google,
  granted,
  hashOf,
  newGoogleAccount,
  statusOf,
  stream,
  violations,
} from './support/google.ts'
import { loadProtos } from './support/google-protos.ts'
import { send, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()
const protos = loadProtos()
const HOUR_MS = 3_600_000

const at = (agoMs = 0) => new Date(Date.now() - agoMs).toISOString()
const pairs = (name: string, values: Record<string, string>) =>
  Object.entries(values).map(([key, value]) => ({ [name]: key, value }))
const parameters = (values: Record<string, string>) => ({ additionalEventParameters: pairs('parameterName', values) })
const traits = (values: Record<string, string>) => ({
  userProperties: { additionalUserProperties: pairs('propertyName', values) },
})

let last = 0
function event(clientId: string, action: 'added' | 'removed', more: object = {}): object {
  return {
    eventName: action === 'added' ? 'added_to_segment' : 'removed_from_segment',
    eventTimestamp: at(),
    clientId,
    ...parameters({
      segment_id: 'seg',
      segment_name: 'VIP',
      action,
      event_id: `e-${++last}`,
      occurred_at: new Date(Date.UTC(2026, 0) + last).toISOString(),
    }),
    ...more,
  }
}

const body = (account: GoogleAccount, events: unknown, more: object = {}) => ({
  destinations: [stream(account)],
  events,
  ...more,
})
const post = (account: GoogleAccount, events: unknown, more: object = {}) =>
  google(sandbox, account, 'POST', '/v1/events:ingest', body(account, events, more))
const kept = async ({ settings }: GoogleAccount) =>
  (await sandbox.control('GET', `/google/events?stream=${settings.ga_property_id}&limit=10000`)).body.events
const state = async ({ settings }: GoogleAccount) =>
  (await sandbox.control('GET', `/google/state?audience=seg&stream=${settings.ga_property_id}`)).body.members
const parts = async (account: GoogleAccount, requestId: string) =>
  (await statusOf(sandbox, account, requestId)).body.requestStatusPerDestination
const done = () => sandbox.control('POST', '/clock', { platform: 'google', advance: '3s' })

describe('events', () => {
  it('are taken, kept as received and replayed; the status tells of them later', async () => {
    const account = await newGoogleAccount(sandbox)
    const userData = { userIdentifiers: [{ emailAddress: hashOf('anna') }] }
    const sent = [event('1.1', 'added', { userId: 'u-1', userData, transactionId: 't-1' }), event('1.2', 'added')]
    const more = { encoding: 'HEX', consent: granted }
    expect(protos.misfits('IngestEventsRequest', body(account, sent, more))).toEqual([])
    const reply = await post(account, sent, more)
    expect(reply).toMatchObject({ status: 200, body: { requestId: expect.any(String) } })
    expect(protos.misfits('IngestEventsResponse', reply.body)).toEqual([])
    expect(await state(account)).toEqual([
      { clientId: '1.1', userId: 'u-1', emailAddress: hashOf('anna') },
      { clientId: '1.2' },
    ])
    expect((await kept(account))[0]).toMatchObject({
      ...{
        id: 't-1',
        name: 'added_to_segment',
        audience: 'seg',
        audience_name: 'VIP',
        action: 'added',
        outcome: 'kept',
      },
      ...{ identifiers: { clientId: '1.1', userId: 'u-1' }, properties: { segment_id: 'seg' } },
      details: { transactionId: 't-1', consent: granted, streamId: account.settings.ga_measurement_id },
    })
    const on = { destination: stream(account) }
    expect(await parts(account, reply.body.requestId)).toEqual([{ ...on, requestStatus: 'PROCESSING' }])
    await done()
    const status = (await statusOf(sandbox, account, reply.body.requestId)).body
    expect(status.requestStatusPerDestination).toEqual([
      { ...on, requestStatus: 'SUCCESS', eventsIngestionStatus: { recordCount: '2' } },
    ])
    expect(protos.misfits('RetrieveRequestStatusResponse', status)).toEqual([])
    await post(account, [event('1.1', 'removed')])
    expect(await state(account)).toEqual([{ clientId: '1.2' }])
  })

  it('come 1 to 2,000 at a time', async () => {
    const account = await newGoogleAccount(sandbox)
    const many = Array.from({ length: 2_001 }, (_, index) => event(`2.${index}`, 'added'))
    expect(violations(await post(account, many))).toEqual([['events', 'TOO_MANY_EVENTS']])
    for (const none of [[], undefined])
      expect(violations(await post(account, none))).toEqual([['events', 'REQUIRED_FIELD_MISSING']])
    expect((await post(account, many.slice(1))).status).toBe(200)
    expect(await state(account)).toHaveLength(2_000)
  })

  it('with the same transaction id count once a client and name; without one they are counted only', async () => {
    const account = await newGoogleAccount(sandbox)
    const same = event('1.1', 'added', { transactionId: 't' })
    await post(account, [same, same, event('1.2', 'added', { transactionId: 't' })])
    await sandbox.control('POST', '/clock', { platform: 'google', advance: '30m' })
    await post(account, [same])
    const alike = event('1.3', 'added')
    for (let times = 0; times < 2; times++) await post(account, [alike])
    const outcomes = (await kept(account)).map(({ outcome, repeats }: { outcome: string; repeats: number }) => [
      outcome,
      repeats,
    ])
    expect(outcomes).toEqual([
      ...[
        ['kept', 2],
        ['repeat', 2],
        ['kept', 0],
        ['repeat', 2],
      ],
      ...[
        ['kept', 1],
        ['kept', 1],
      ],
    ])
  })

  it('are only checked in a dry run', async () => {
    const account = await newGoogleAccount(sandbox)
    const { body: reply } = await post(account, [event('1.1', 'added')], { validateOnly: true })
    expect(await kept(account)).toEqual([])
    expect(violations(await statusOf(sandbox, account, reply.requestId))).toEqual([
      ['request_id', 'INVALID_REQUEST_ID'],
    ])
    expect((await post(account, [{}], { validateOnly: true })).status).toBe(400)
  })

  it('of an app go to its data stream by app instance id', async () => {
    const account = await newGoogleAccount(sandbox)
    const destinations = [stream(account, { reference: 'web' }), stream(account, { reference: 'app' }, true)]
    const app = { clientId: undefined, appInstanceId: 'a'.repeat(32), eventSource: 'APP' }
    const sent = [
      event('1.1', 'added', { destinationReferences: ['web'] }),
      event('', 'added', { ...app, destinationReferences: ['app'] }),
    ]
    const reply = await post(account, sent, { destinations })
    expect(await state(account)).toEqual([{ clientId: '1.1' }, { appInstanceId: 'a'.repeat(32) }])
    await done()
    expect(await parts(account, reply.body.requestId)).toMatchObject([
      { eventsIngestionStatus: { recordCount: '1' } },
      { eventsIngestionStatus: { recordCount: '1' } },
    ])
    const both = await post(account, [event('1.1', 'added')], { destinations })
    expect(violations(both)).toContainEqual(['events[0]', 'MULTIPLE_DESTINATIONS_FOR_GOOGLE_ANALYTICS_EVENT'])
  })
})

describe('one bad event refuses the whole request', () => {
  const long = (length: number) => 'x'.repeat(length)
  const many = Object.fromEntries(Array.from({ length: 26 }, (_, index) => [`p${index}`, 'x']))
  const person = (userIdentifiers: unknown) => ({ userData: { userIdentifiers } })
  const first = 'additional_event_parameters[0]'
  const trait = 'user_properties.additional_user_properties[0]'
  it.each<[string, object, string, string]>([
    ['no name', { eventName: '' }, '.event_name', 'REQUIRED_FIELD_MISSING'],
    ['a name of 41 letters', { eventName: long(41) }, '.event_name', 'INVALID_EVENT_NAME'],
    ['a name with a space', { eventName: 'added to' }, '.event_name', 'INVALID_EVENT_NAME'],
    ['a name of its own', { eventName: 'session_start' }, '.event_name', 'INVALID_EVENT_NAME'],
    ['a name that starts as its own do', { eventName: 'ga_joined' }, '.event_name', 'INVALID_EVENT_NAME'],
    ['no time', { eventTimestamp: undefined }, '.event_timestamp', 'REQUIRED_FIELD_MISSING'],
    ['a time of 73 hours ago', { eventTimestamp: at(73 * HOUR_MS) }, '.event_timestamp', 'EVENT_TIME_INVALID'],
    ['a time in two hours', { eventTimestamp: at(-2 * HOUR_MS) }, '.event_timestamp', 'EVENT_TIME_INVALID'],
    ['no client', { clientId: undefined, userId: 'u' }, '.client_id', 'REQUIRED_FIELD_MISSING'],
    ['two clients', { appInstanceId: 'a' }, '', 'BOTH_CLIENT_ID_AND_APP_INSTANCE_ID_NOT_ALLOWED'],
    ['a user id that is too long', { userId: long(257) }, '.user_id', 'FIELD_VALUE_TOO_LONG'],
    ['26 parameters', parameters(many), '.additional_event_parameters', 'TOO_MANY_ELEMENTS'],
    ['a parameter without a name', parameters({ '': 'x' }), `.${first}.parameter_name`, 'REQUIRED_FIELD_MISSING'],
    ['a parameter without a value', parameters({ plan: '' }), `.${first}.value`, 'REQUIRED_FIELD_MISSING'],
    ['a value of 101 letters', parameters({ plan: long(101) }), `.${first}.value`, 'FIELD_VALUE_TOO_LONG'],
    ['a reserved parameter', parameters({ google_x: '1' }), `.${first}.parameter_name`, 'RESERVED_NAME_USED'],
    ['a parameter with a dot', parameters({ 'a.b': '1' }), `.${first}.parameter_name`, 'INVALID_FORMAT'],
    ['a property of 25 letters', traits({ [long(25)]: 'in' }), `.${trait}.property_name`, 'FIELD_VALUE_TOO_LONG'],
    ['a property value of 37', traits({ seg: long(37) }), `.${trait}.value`, 'FIELD_VALUE_TOO_LONG'],
    ['a reserved property', traits({ user_id: 'in' }), `.${trait}.property_name`, 'RESERVED_NAME_USED'],
    [
      'an e-mail address in plain',
      person([{ emailAddress: 'anna@example.test' }]),
      '.user_data.user_identifiers[0].email_address',
      'INVALID_HEX_ENCODING',
    ],
    ['no identifier in user data', person([]), '.user_data.user_identifiers', 'REQUIRED_FIELD_MISSING'],
    [
      'data of third parties',
      { thirdPartyUserData: {} },
      '.third_party_user_data',
      'THIRD_PARTY_USER_DATA_NOT_ALLOWED',
    ],
    ['the source of another stream', { eventSource: 'APP' }, '.event_source', 'EVENT_SOURCE_AND_DESTINATION_MISMATCH'],
    ['an unknown destination', { destinationReferences: ['d9'] }, '.destination_references[0]', 'INVALID_DESTINATION'],
  ])('%s', async (_, more, field, reason) => {
    const account = await newGoogleAccount(sandbox)
    const reply = await post(account, [event('1.1', 'added'), event('1.2', 'added', more)], { encoding: 'HEX' })
    expect(reply).toMatchObject({ status: 400, body: { error: { code: 400, status: 'INVALID_ARGUMENT' } } })
    expect(violations(reply)).toEqual([[`events[1]${field}`, reason]])
    expect(await kept(account)).toEqual([])
  })

  it('and every bad one is named at once', async () => {
    const account = await newGoogleAccount(sandbox)
    const reply = await post(account, [
      event('', 'added'),
      event('1.2', 'added'),
      event('1.3', 'added', { eventName: '' }),
    ])
    expect(violations(reply).map(([field]) => field)).toEqual(['events[0].client_id', 'events[2].event_name'])
  })

  it('in the words of the JSON reader where the form is wrong', async () => {
    const account = await newGoogleAccount(sandbox)
    for (const more of [{ eventTimestamp: '2026-11-25' }, { eventTimestamp: 5 }, { name: 'x' }, { clientId: 1 }]) {
      const { status, body } = await post(account, [event('1.1', 'added', more)])
      expect([status, body.error.message]).toEqual([400, expect.stringMatching(/^Invalid (JSON|value)/)])
    }
    const userData = { userIdentifiers: [{ emailAddress: hashOf('anna') }] }
    expect(violations(await post(account, [event('1.1', 'added', { userData })]))).toEqual([
      ['encoding', 'REQUIRED_FIELD_MISSING'],
    ])
  })
})

describe('destinations of events', () => {
  it.each<[string, object, string, string]>([
    ['no stream', { productDestinationId: '' }, '.product_destination_id', 'REQUIRED_FIELD_MISSING'],
    ['an unknown stream', { productDestinationId: 'G-X' }, '.product_destination_id', 'INVALID_DESTINATION'],
    [
      'an account of Google Ads',
      { operatingAccount: { accountType: 'GOOGLE_ADS', accountId: '1234567890' } },
      '.product_destination_id',
      'INVALID_CONVERSION_ACTION_ID',
    ],
    [
      'no property',
      { operatingAccount: { accountType: 'GOOGLE_ANALYTICS_PROPERTY' } },
      '.operating_account.account_id',
      'REQUIRED_FIELD_MISSING',
    ],
    [
      'another login account',
      { loginAccount: { accountType: 'GOOGLE_ANALYTICS_PROPERTY', accountId: '1' } },
      '.login_account',
      'OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH',
    ],
  ])('%s', async (_, more, field, reason) => {
    const account = await newGoogleAccount(sandbox)
    const reply = await post(account, [event('1.1', 'added')], { destinations: [stream(account, more)] })
    expect(violations(reply)).toEqual([[`destinations[0]${field}`, reason]])
  })

  it('must be of the caller, who must be an editor; lists are none', async () => {
    const [mine, theirs] = [await newGoogleAccount(sandbox), await newGoogleAccount(sandbox)]
    const events = [event('1.1', 'added')]
    expect((await post(mine, events, { destinations: [stream(theirs)] })).body.error.status).toBe('PERMISSION_DENIED')
    await sandbox.control('PATCH', `/accounts/${mine.id}`, { platform: 'google', ga_role: 'viewer' })
    expect((await post(mine, events)).body.error.status).toBe('PERMISSION_DENIED')
    expect((await post(theirs, events, { destinations: [destination(theirs, '8')] })).status).toBe(400)
    expect(violations(await post(theirs, events, { destinations: [] }))[0]).toEqual([
      'destinations',
      'REQUIRED_FIELD_MISSING',
    ])
  })

  it('of a property that is not allow-listed take no transaction ids', async () => {
    const account = await newGoogleAccount(sandbox, { allowlisted: false })
    expect((await post(account, [event('1.1', 'added')])).status).toBe(200)
    expect(violations(await post(account, [event('1.1', 'added', { transactionId: 't' })]))).toEqual([
      ['events[0].transaction_id', 'NOT_ALLOWLISTED'],
    ])
  })

  it('are the same after the account was made again', async () => {
    const { settings, credentials } = await newGoogleAccount(sandbox)
    await sandbox.control('DELETE', '/google')
    const again = await sandbox.control('POST', '/accounts', { platform: 'google', settings, credentials })
    expect(again.body.settings).toEqual(settings)
  })
})

describe('who is in', () => {
  it('is told by the latest value of the user property, whatever the event that brought it', async () => {
    const account = await newGoogleAccount(sandbox)
    const state_ = (value: string) => traits({ seg_vip: value, plan: 'gold' })
    await post(
      account,
      ['1.1', '1.2', '1.3'].map((id) => event(id, 'added', state_('in'))),
    )
    // Google Analytics looks at the property alone: 1.2 stays in, though its event says that it left.
    await post(account, [event('1.1', 'removed', state_('out')), event('1.2', 'removed', state_('in'))])
    await post(account, [event('1.3', 'added', { eventName: 'purchase', ...parameters({ x: '1' }), ...state_('out') })])
    await post(account, [event('1.4', 'added')])
    expect(await state(account)).toEqual([{ clientId: '1.2' }])
  })

  it('goes by the time of events, then by the time that they tell', async () => {
    const account = await newGoogleAccount(sandbox)
    const eventTimestamp = at(HOUR_MS)
    const [join, leave] = [event('1.1', 'added', { eventTimestamp }), event('1.1', 'removed', { eventTimestamp })]
    await post(account, [leave])
    await post(account, [join])
    expect(await state(account)).toEqual([])
    await post(account, [event('1.1', 'added')])
    expect(await state(account)).toEqual([{ clientId: '1.1' }])
  })
})

describe('what becomes of events later', () => {
  it('knows consent as for members', async () => {
    const account = await newGoogleAccount(sandbox)
    const denied = event('1.1', 'added', { consent: { adUserData: 'CONSENT_DENIED' } })
    const reply = await post(account, [denied, event('1.2', 'added')], { consent: granted })
    expect(await state(account)).toEqual([{ clientId: '1.2' }])
    await done()
    const status = await parts(account, reply.body.requestId)
    expect(status).toMatchObject([
      {
        requestStatus: 'PARTIAL_SUCCESS',
        errorInfo: { errorCounts: [{ recordCount: '1', reason: 'PROCESSING_ERROR_REASON_DENIED_CONSENT' }] },
        eventsIngestionStatus: { recordCount: '2' },
      },
    ])
    expect(protos.misfits('RetrieveRequestStatusResponse', { requestStatusPerDestination: status })).toEqual([])
    const strict = await newGoogleAccount(sandbox, { consent_required: true })
    const none = await post(strict, [event('1.1', 'added')])
    await done()
    expect(await parts(strict, none.body.requestId)).toMatchObject([
      { requestStatus: 'FAILED', errorInfo: { errorCounts: [{ reason: 'PROCESSING_ERROR_REASON_NO_CONSENT' }] } },
    ])
  })

  it('is as ordered by a fault', async () => {
    const account = await newGoogleAccount(sandbox)
    const fault = (order: object) =>
      sandbox.control('POST', '/faults', { platform: 'google', match: { operation: 'ingest_events' }, ...order })
    await fault({ fault: 'reject_rows', count: 1, reason: 'INVALID_EVENT' })
    const reply = await post(account, [event('1.1', 'added'), event('1.2', 'added')])
    expect(await state(account)).toEqual([{ clientId: '1.2' }])
    expect(await kept(account)).toMatchObject([
      { outcome: 'dropped', reason: 'PROCESSING_ERROR_REASON_INVALID_EVENT' },
      { outcome: 'kept', reason: null },
    ])
    await done()
    expect(await parts(account, reply.body.requestId)).toMatchObject([
      {
        requestStatus: 'PARTIAL_SUCCESS',
        errorInfo: { errorCounts: [{ recordCount: '1', reason: 'PROCESSING_ERROR_REASON_INVALID_EVENT' }] },
      },
    ])
    const { body } = await sandbox.control('GET', '/requests?platform=google')
    expect(body.requests.find(({ fault }: { fault: string }) => fault === 'reject_rows')).toMatchObject({
      ...{ operation: 'ingest_events', received: 2, invalid: 1 },
    })
  })

  it('meets the faults that answer at once', async () => {
    const account = await newGoogleAccount(sandbox)
    const fault = (order: object) =>
      sandbox.control('POST', '/faults', { platform: 'google', match: { operation: 'ingest_events' }, ...order })
    const send = () => post(account, [event('1.1', 'added'), event('1.2', 'added')])
    await fault({ fault: 'throttled' })
    expect(await send()).toMatchObject({ status: 429, body: { error: { status: 'RESOURCE_EXHAUSTED' } } })
    await fault({ fault: 'server_error', status: 503 })
    expect(await send()).toMatchObject({ status: 503, body: { error: { status: 'UNAVAILABLE' } } })
    await fault({ fault: 'expired_token' })
    expect((await send()).status).toBe(401)
    await fault({ fault: 'permission' })
    expect((await send()).status).toBe(403)
    await fault({ fault: 'bad_request', count: 2 })
    expect(violations(await send())).toEqual([
      ['events[0]', 'INVALID_EVENT'],
      ['events[1]', 'INVALID_EVENT'],
    ])
    await fault({ fault: 'list_deleted' })
    expect(violations(await send())).toEqual([['destinations[0].product_destination_id', 'INVALID_DESTINATION']])
    expect(await kept(account)).toEqual([])
    await fault({ fault: 'drop_after' })
    await expect(send()).rejects.toThrow()
    expect(await kept(account)).toHaveLength(2)
  })
})

it('keeps events over a restart, with the transaction ids that it knows', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-google-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  let known: object = {}
  const same = event('1.1', 'added', { transactionId: 't' })
  for (let life = 0; life < 2; life++) {
    const running = await startSandbox({ port: 0, dataDir: folder })
    onTestFinished(() => running.close().catch(() => {}))
    const control = (method: string, path: string, more?: object) =>
      send(`${running.url}/_sandbox${path}`, method, {}, more)
    const { settings, credentials } = (await control('POST', '/accounts', { platform: 'google', ...known })).body
    known = { settings, credentials }
    const token = (await fetchToken(credentials)).body.access_token
    const account = { id: settings.account_id, settings, credentials, token }
    const sent = await google(
      { ...sandbox, url: running.url },
      account,
      'POST',
      '/v1/events:ingest',
      body(account, [same]),
    )
    expect(sent.status).toBe(200)
    const { events } = (await control('GET', '/google/events')).body
    expect(events.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['kept', 'repeat'].slice(0, life + 1))
    expect((await control('GET', '/google/state?audience=seg')).body.members).toEqual([{ clientId: '1.1' }])
    await running.close()
  }
})
