import { describe, expect, it, onTestFinished } from 'vitest'
import { segment } from '../../../destinations/segment/index.ts'
import { AUDIENCE, anEvent, anEventBatch, eventId, openEventsAt } from '../events.ts'
import { failureFrom } from '../open.ts'
import { type Recorded, type Reply, startRecorder } from '../recorder.ts'

async function open(reply: Reply | ((request: Recorded) => Reply | undefined) = { json: { success: true } }) {
  const recorder = await startRecorder((request) => (typeof reply === 'function' ? reply(request) : reply))
  onTestFinished(() => recorder.close())
  const account = { settings: { endpoint: recorder.url }, credentials: { write_key: 'KEY' } }
  return { ...openEventsAt(segment, 'http://unused.test', account), requests: recorder.requests, account }
}

const identifiers = ['USER_ID', 'ANONYMOUS_ID', 'EMAIL']
const anna = anEvent(1, {
  values: ['u-1', 'anon-1', 'anna@example.test'],
  properties: { plan: 'gold', action: 'mine' },
})
const nobody = anEvent(2, { values: [undefined, 'anon-2', undefined] })
const batch = anEventBatch({ name: 'Audience Entered', identifiers, events: [anna, nobody] })
const callsOf = ({ body }: Recorded) => Object(body).batch as Record<string, unknown>[]

describe('events in the form of Segment', () => {
  it('are track calls with the ids beside, traits in the context, and our parameters above those of the user', async () => {
    const { opened, requests, paced } = await open()
    expect(await opened.send(batch)).toMatchObject({ state: 'accepted', final: true, received: 2 })
    expect(requests).toHaveLength(1)
    expect(requests[0]).toMatchObject({
      method: 'POST',
      path: '/v1/batch',
      headers: { authorization: `Basic ${Buffer.from('KEY:').toString('base64')}` },
      body: {
        sentAt: expect.stringMatching(/Z$/),
        batch: [
          {
            type: 'track',
            event: 'Audience Entered',
            messageId: eventId(1),
            userId: 'u-1',
            anonymousId: 'anon-1',
            timestamp: '2026-11-20T10:00:00.000Z',
            properties: {
              plan: 'gold',
              segment_id: AUDIENCE.id,
              segment_name: 'VIP 90 days',
              action: 'added',
              occurred_at: '2026-11-20T10:00:00.000Z',
              audience_key: 'vip_90_days_43affdfa',
              vip_90_days_43affdfa: true,
            },
            context: { traits: { email: 'anna@example.test' } },
          },
          { anonymousId: 'anon-2', messageId: eventId(2), context: { traits: {} } },
        ],
      },
    })
    expect(Object.keys(Object(callsOf(requests[0] as Recorded)[1]))).not.toContain('userId')
    expect(paced).toHaveLength(1)
  })

  it('are identify calls, or both, as the sync says; a leave is false', async () => {
    const { opened, requests } = await open()
    const leave = { ...batch, operation: 'remove' as const, events: [anna] }
    await opened.send({ ...leave, settings: { shape: 'identify' } })
    await opened.send({ ...leave, settings: { shape: 'both' } })
    const [only, both] = requests.map(callsOf)
    expect(only).toMatchObject([
      { type: 'identify', userId: 'u-1', traits: { email: 'anna@example.test', vip_90_days_43affdfa: false } },
    ])
    expect(both?.map(({ type }) => type)).toEqual(['track', 'identify'])
    expect(new Set(both?.map(({ messageId }) => messageId)).size).toBe(2)
  })

  it('make several requests where sizes ask for it, and are the same when repeated', async () => {
    const { opened, requests } = await open()
    const long = 'x'.repeat(20_000)
    const events = Array.from({ length: 60 }, (_, at) => anEvent(at, { values: ['u'], properties: { long } }))
    const large = { ...batch, identifiers: ['USER_ID'], events }
    await opened.send(large)
    expect(requests.length).toBeGreaterThan(2)
    expect(requests.every(({ text }) => Buffer.byteLength(text) <= 500_000)).toBe(true)
    const sent = requests.flatMap(callsOf).map(({ messageId }) => messageId)
    expect(sent).toEqual(events.map((event) => event.eventId))
    await opened.send({ ...large, repeated: true })
    expect(requests.flatMap(callsOf).map(({ messageId }) => messageId)).toEqual([...sent, ...sent])
  })

  it('never has more than 2,500 calls a request', async () => {
    const { opened, requests } = await open()
    const events = Array.from({ length: 1_300 }, (_, at) => anEvent(at, { values: ['u'] }))
    await opened.send({ ...batch, identifiers: ['USER_ID'], events, settings: { shape: 'both' } })
    const counts = requests.map((request) => callsOf(request).length)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2_600)
    expect(Math.max(...counts)).toBeLessThanOrEqual(2_500)
  })

  it('set one aside that is too large by itself', async () => {
    const { opened, requests } = await open()
    const huge = { ...nobody, properties: { text: 'x'.repeat(32_000) } }
    const receipt = await opened.send({ ...batch, events: [anna, huge] })
    expect([...(receipt.rejected ?? [])]).toEqual([['m2', expect.stringContaining('32 KB')]])
    expect(requests.flatMap(callsOf)).toHaveLength(1)
  })

  it.each([
    [400, 'config', true],
    [401, 'auth', false],
    [404, 'config', false],
    [429, 'throttled', false],
    [302, 'config', false],
    [503, 'retry', false],
  ])('tell what a %d means', async (status, kind, rowsSuspect) => {
    const { opened, requests } = await open({
      status,
      headers: { location: '/elsewhere', 'retry-after': '7' },
      text: '',
    })
    const failure = await failureFrom(opened.send(batch))
    expect(failure).toMatchObject({ kind, rowsSuspect })
    if (kind === 'throttled') expect(failure.retryAfterMs).toBe(7_000)
    expect(requests).toHaveLength(1)
    expect(failure.message).not.toContain('KEY')
  })

  it('go to no private address unless the deployment allows it', async () => {
    const { account, requests } = await open()
    const { opened } = openEventsAt(segment, 'http://unused.test', account, { allowPrivate: false })
    expect(await failureFrom(opened.send(batch))).toMatchObject({ kind: 'config', code: 'plain-http' })
    expect(requests).toHaveLength(0)
  })

  it('of a sandbox account go to the sandbox', async () => {
    const { account, requests } = await open()
    const { opened } = openEventsAt(
      segment,
      account.settings.endpoint,
      { ...account, settings: {} },
      { allowPrivate: false, sandbox: true },
    )
    await opened.send(batch)
    expect(requests).toHaveLength(1)
  })

  it('can be checked and explained', async () => {
    expect(await (await open()).opened.check()).toMatchObject({ ok: true, problems: [] })
    expect(await (await open({ status: 401 })).opened.check()).toMatchObject({
      ok: false,
      problems: [{ code: 'http 401' }],
    })
    const { opened } = await open()
    const rule = opened.audienceRule({
      audience: AUDIENCE,
      names: { addedEvent: 'Audience Entered', removedEvent: 'Audience Exited' },
      settings: {},
      marker: 'm',
    })
    expect(rule.steps.join()).toContain('vip_90_days_43affdfa')
    expect(opened.createAudience).toBeUndefined()
  })
})
