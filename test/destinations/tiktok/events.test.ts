import { hash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { tiktokEvents } from '../../../destinations/tiktok/events/index.ts'
import { failureFrom } from '../open.ts'
import { anEventBatch, audience, aWantedAudience, eventIdOf, eventsOf, recordedEvents } from '../opened-events.ts'
import type { Recorded, Reply } from '../recorder.ts'

const account = { settings: { advertiser_id: '7', event_source_id: 'CABC123' }, credentials: { access_token: 'TOKEN' } }
const ok: Reply = { json: { code: 0, message: 'OK', request_id: 'r', data: {} } }
const error = (code: number): Reply => ({ json: { code, message: 'CANARY jane@example.test', request_id: 'r' } })
const open = (reply: Reply | ((request: Recorded) => Reply | undefined), given: typeof account = account) =>
  recordedEvents(tiktokEvents, given, reply)
const sha = (value: string) => hash('sha256', value, 'hex')

const at = new Date('2026-01-02T03:04:05Z')
const known = {
  EMAIL_SHA256: 'ana@example.test',
  PHONE_SHA256: '+4930123456',
  EXTERNAL_ID: 'u-1',
  LIMITED_DATA_USE: 'yes',
}
const anonymous = {
  TTP: '2F7hAbCd-9',
  TTCLID: 'E.C.P.xyz',
  CLIENT_IP_ADDRESS: '192.0.2.10',
  CLIENT_USER_AGENT: 'Mozilla/5.0',
}
const batch = anEventBatch({
  ...eventsOf(tiktokEvents, [known, anonymous], { at, properties: { tier: 'gold', action: 'mine' } }),
  name: 'added_to_segment_vip',
  settings: { pageUrl: 'https://shop.example.test/', testEventCode: 'TEST1' },
})

describe('events to TikTok', () => {
  it('are one request with who it was, what it was about, and the true time', async () => {
    const { opened, requests, paced } = await open(ok)
    expect(await opened.send(batch)).toEqual({ state: 'accepted', final: true, received: 2 })
    expect(requests[0]).toMatchObject({ method: 'POST', path: '/open_api/v1.3/event/track/', query: {} })
    expect(requests[0]?.headers['access-token']).toBe('TOKEN')
    expect(paced).toEqual(['tiktok:7:second', 'tiktok:7:minute', 'tiktok:7:day'])
    const about = {
      event: 'added_to_segment_vip',
      event_time: at.getTime() / 1_000,
      page: { url: 'https://shop.example.test/' },
      properties: {
        segment_id: audience.id,
        segment_name: audience.name,
        action: 'added',
        occurred_at: at.toISOString(),
        tier: 'gold',
      },
    }
    expect(requests[0]?.body).toEqual({
      event_source: 'web',
      event_source_id: 'CABC123',
      test_event_code: 'TEST1',
      data: [
        {
          ...about,
          event_id: eventIdOf(0),
          user: { email: [sha('ana@example.test')], phone: [sha('+4930123456')], external_id: [sha('u-1')] },
          limited_data_use: true,
        },
        {
          ...about,
          event_id: eventIdOf(1),
          user: { ttp: '2F7hAbCd-9', ttclid: 'E.C.P.xyz', ip: '192.0.2.10', user_agent: 'Mozilla/5.0' },
        },
      ],
    })
  })

  it('have a name for each audience unless it is set', () => {
    const usual = tiktokEvents.syncSettings.parse({})
    expect(usual).toMatchObject({ addedEvent: 'added_to_segment_{audience}' })
    expect(tiktokEvents.forgetsAfterMs({ retentionDays: 3 })).toBe(3 * 86_400_000)
  })

  it('that were there before are done, and a part taken is halved unless told otherwise', async () => {
    expect(await (await open(error(40050))).opened.send(batch)).toMatchObject({ state: 'accepted' })
    const { opened } = await open(error(20001))
    expect(await failureFrom(opened.send(batch))).toMatchObject({ kind: 'config', rowsSuspect: true })
    expect(await opened.send({ ...batch, settings: { partlyTaken: 'accept' } })).toMatchObject({ state: 'accepted' })
  })

  it.each([
    [40000, 'config', true],
    [40001, 'auth', false],
    [40002, 'config', true],
    [40007, 'config', false],
    [40051, 'config', true],
    [40100, 'throttled', false],
    [40105, 'auth', false],
    [50002, 'retry', false],
  ] as const)('refused with %i in an answer of 200 are %s', async (code, kind, rowsSuspect) => {
    const failure = await failureFrom((await open(error(code))).opened.send(batch))
    expect(failure).toMatchObject({ kind, rowsSuspect, code: String(code) })
    expect(failure.message).not.toMatch(/CANARY|@|\blist\b/)
  })
})

describe('who can be told to TikTok', () => {
  it('are ids of the right shape, under codes of their own', () => {
    const { identifiers } = tiktokEvents
    expect(identifiers.TTP.normalise('no ttp at all')).toHaveProperty('reason')
    expect(identifiers.TTCLID.normalise(' E.C.P.xyz ')).toBe('E.C.P.xyz')
    expect(identifiers.LIMITED_DATA_USE.normalise('no')).toBe('')
    expect(identifiers.LIMITED_DATA_USE.normalise('who knows')).toBe('true')
    expect(Object.values(identifiers).map(({ code }) => code)).toEqual([1, 2, 6, 7, 8, 9, 10, 11])
  })
})

describe('the audience and the check at TikTok', () => {
  it('is made by hand from the name of the event', async () => {
    const { opened, requests } = await open(ok)
    const names = { addedEvent: 'in_{audience}', removedEvent: 'out_{audience}' }
    const { steps, uncertain } = opened.audienceRule(aWantedAudience({ names }))
    expect(steps.join('\n')).toMatch(/CABC123[\s\S]*"in_vip_90_days_47f80050" of the last 30 days/)
    expect(uncertain.join('\n')).toMatch(/takes nobody out/)
    expect(opened.createAudience).toBeUndefined()
    expect(requests).toHaveLength(0)
  })

  it('tells a dead token and a missing event source, without any event', async () => {
    const { opened, requests } = await open(error(40002))
    expect(await opened.check()).toEqual({ ok: true, account: 'CABC123', problems: [] })
    expect(Object(requests[0]?.body).data).toEqual([])
    expect(await (await open(error(40105))).opened.check()).toMatchObject({ ok: false, problems: [{ code: '40105' }] })
    const without = await open(ok, { ...account, settings: { advertiser_id: '7', event_source_id: '' } }).catch(
      () => 'refused',
    )
    expect(without).toBe('refused')
    const { opened: bare } = await recordedEvents(tiktokEvents, { ...account, settings: { advertiser_id: '7' } }, ok)
    expect(bare.lacks?.next).toMatch(/eventSourceId/)
    expect(await bare.check()).toMatchObject({ ok: false })
  })
})
