import { describe, expect, it } from 'vitest'
import { klaviyoEvents } from '../../../destinations/klaviyo/events/index.ts'
import { failureFrom } from '../open.ts'
import { anEventBatch, audience, aWantedAudience, eventIdOf, eventsOf, recordedEvents } from '../opened-events.ts'
import type { Recorded, Reply } from '../recorder.ts'

const account = { settings: { account_id: 'AbC123' }, credentials: { api_key: 'pk_SECRET' } }
const open = (reply: Reply | ((request: Recorded) => Reply)) => recordedEvents(klaviyoEvents, account, reply)
const taken: Reply = { status: 202, text: '' }
const refused = (status: number, errors: object[] = [{}], headers = {}): Reply => ({
  status,
  headers,
  json: { errors },
})
const about = (pointer: string, detail = 'CANARY jane@example.test') => ({
  code: 'invalid',
  detail,
  source: { pointer },
})
const row = (n: number, rest = 'attributes') => `/data/attributes/events-bulk-create/data/${n}/${rest}`

const at = new Date('2026-01-02T03:04:05Z')
const known = { email: 'ana@example.test', first_name: 'Ana "A" Ñ', city: 'Lima' }
const people: Record<string, string>[] = [known, { ANONYMOUS_ID: 'a-1' }, { external_id: 'u-3' }]
const batch = anEventBatch(eventsOf(klaviyoEvents, people, { at, properties: { tier: 'gold', segment_id: 'mine' } }))
const entriesOf = (request: Recorded | undefined) =>
  Object(request?.body).data.attributes['events-bulk-create'].data as { attributes: Record<string, unknown> }[]
const idsOf = (request: Recorded | undefined) =>
  [...(request?.text.matchAll(/"unique_id":"([^"]+)"/g) ?? [])].map(([, id]) => id)

const event = (n: number) => ({
  metric: { data: { type: 'metric', attributes: { name: 'added_to_segment' } } },
  time: at.toISOString(),
  unique_id: eventIdOf(n),
  properties: {
    segment_id: audience.id,
    segment_name: audience.name,
    action: 'added',
    occurred_at: at.toISOString(),
    tier: 'gold',
  },
})
const profile = (attributes: object) => ({ data: { type: 'profile', attributes } })

describe('events to Klaviyo', () => {
  it('of several members are one call, each with its profile', async () => {
    const { opened, requests, paced } = await open(taken)
    expect(await opened.send(batch)).toEqual({ state: 'accepted', final: true, received: 3, refused: 0 })
    expect(requests[0]).toMatchObject({ method: 'POST', path: '/api/event-bulk-create-jobs' })
    expect(entriesOf(requests[0])[0]).toEqual({
      type: 'event-bulk-create',
      attributes: {
        profile: profile({ email: 'ana@example.test', first_name: 'Ana "A" Ñ', location: { city: 'Lima' } }),
        events: { data: [{ type: 'event', attributes: event(0) }] },
      },
    })
    expect(entriesOf(requests[0])[1]).toMatchObject({ attributes: { profile: profile({ anonymous_id: 'a-1' }) } })
    expect(paced).toEqual(['klaviyo:AbC123:eventJob:second', 'klaviyo:AbC123:eventJob:minute'])
  })

  it('of one member is a call of its own, and starts no flow where that is set', async () => {
    const { opened, requests } = await open(taken)
    await opened.send({ ...batch, events: batch.events.slice(0, 1), settings: { backfill: true } })
    expect(requests[0]).toMatchObject({ path: '/api/events' })
    expect(Object(requests[0]?.body).data.attributes).toMatchObject({
      ...event(0),
      backfill: true,
      profile: { data: {} },
    })
  })

  it('that Klaviyo says it has had are left out, and the rest is sent', async () => {
    for (const complaint of [
      about(row(1, 'attributes/events/data/0/attributes/unique_id')),
      about('/data', `unique_id ${eventIdOf(1)} exists`),
    ]) {
      const { opened, requests } = await open(({ text }) =>
        text.includes(eventIdOf(1)) ? refused(400, [complaint]) : taken,
      )
      expect(await opened.send({ ...batch, repeated: true })).toMatchObject({
        state: 'accepted',
        received: 3,
        refused: 0,
      })
      expect(requests.map(idsOf)).toEqual([[0, 1, 2].map(eventIdOf), [0, 2].map(eventIdOf)])
    }
  })

  it('go one by one where a repeat is refused and nobody is named', async () => {
    const { opened, requests } = await open(({ path, text }) =>
      path === '/api/events'
        ? text.includes('u-3')
          ? refused(400, [about('/data/attributes/profile')])
          : taken
        : refused(400),
    )
    const receipt = await opened.send({ ...batch, repeated: true })
    expect(receipt).toMatchObject({ received: 2, refused: 1 })
    expect([...(receipt.rejected ?? [])]).toEqual([['m2', expect.stringMatching(/refused the profile/)]])
    expect(requests.slice(1).flatMap(idsOf).toSorted()).toEqual([0, 1, 2].map(eventIdOf))
  })

  it('refused for one of them name its member', async () => {
    const { opened } = await open(refused(400, [about(row(2, 'attributes/profile/data/attributes/email'))]))
    const failure = await failureFrom(opened.send(batch))
    expect(failure).toMatchObject({ kind: 'config', rowsSuspect: false })
    expect([...failure.members]).toEqual([['m2', 'Klaviyo refused the email (invalid)']])
    expect(failure.message).not.toMatch(/CANARY|@/)
  })

  it.each([
    [400, 'config', true],
    [413, 'config', true],
    [401, 'auth', false],
    [403, 'auth', false],
    [429, 'throttled', false],
    [503, 'retry', false],
  ] as const)('refused with %i are %s', async (status, kind, rowsSuspect) => {
    const { opened } = await open(refused(status, [{}], { 'retry-after': '3' }))
    const failure = await failureFrom(opened.send(batch))
    expect(failure).toMatchObject({ kind, rowsSuspect, listGone: false })
    if (kind === 'throttled') expect(failure.retryAfterMs).toBe(3_000)
  })
})

describe('the segment and the check at Klaviyo', () => {
  it('are by hand, and without an event', async () => {
    const { opened } = await open(refused(400))
    expect(await opened.check()).toMatchObject({ ok: true, account: 'AbC123' })
    expect((await (await open(refused(403))).opened.check()).problems[0]?.what).toMatch(/events:write/)
    const { steps, uncertain } = opened.audienceRule(aWantedAudience())
    expect(steps.join('\n')).toMatch(/"added_to_segment"[\s\S]*"removed_from_segment" zero times/)
    expect(uncertain[0]).toMatch(/comes back stays out/)
  })
})
