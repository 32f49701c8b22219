import { hash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { tiktok } from '../../../destinations/tiktok/index.ts'
import { aBatch, aWantedList, failureFrom, recorded } from '../open.ts'
import type { Recorded, Reply } from '../recorder.ts'

const account = { settings: { advertiser_id: '7' }, credentials: { access_token: 'TOKEN' } }
const LIST = '7300000000000000099'
const ok = (data: unknown): Reply => ({ json: { code: 0, message: 'OK', request_id: 'r', data } })
const error = (code: number, status = 200): Reply => ({
  status,
  json: { code, message: 'CANARY jane@example.test', request_id: 'r', data: {} },
})
const sha = (value: string) => hash('sha256', value, 'hex')
const batch = aBatch({
  listId: LIST,
  identifiers: ['EMAIL_SHA256', 'PHONE_SHA256'],
  members: [
    { key: 'a', values: [sha('a@example.test'), sha('+15550100001')] },
    { key: 'b', values: [undefined, sha('+15550100002')] },
  ],
})

const open = (reply: Reply | ((request: Recorded) => Reply | undefined)) => recorded(tiktok, account, reply)

describe('a batch at TikTok', () => {
  it('is one request whose cells are as many as its identifiers', async () => {
    const { opened, requests, paced } = await open(ok({}))
    expect(await opened.upload(batch)).toEqual({ state: 'accepted', final: true, received: 2 })
    expect(requests).toHaveLength(1)
    expect(requests[0]).toMatchObject({ method: 'POST', path: '/open_api/v1.3/segment/mapping/', query: {} })
    expect(requests[0]?.headers).toMatchObject({ 'access-token': 'TOKEN', 'content-type': 'application/json' })
    expect(requests[0]?.body).toEqual({
      advertiser_ids: ['7'],
      action: 'add',
      id_schema: ['EMAIL_SHA256', 'PHONE_SHA256'],
      batch_data: [
        [
          { id: sha('a@example.test'), audience_ids: [LIST] },
          { id: sha('+15550100001'), audience_ids: [LIST] },
        ],
        [{}, { id: sha('+15550100002'), audience_ids: [LIST] }],
      ],
    })
    expect(paced).toEqual(['tiktok:7:second', 'tiktok:7:minute', 'tiktok:7:day'])
  })

  it('removes by the same values', async () => {
    const { opened, requests } = await open(ok({}))
    await opened.upload({ ...batch, operation: 'remove' })
    expect(requests[0]?.body).toMatchObject({ action: 'delete' })
  })

  it('counts as taken when TikTok has had the same request before', async () => {
    const { opened } = await open(error(40050))
    expect(await opened.upload(batch)).toMatchObject({ state: 'accepted' })
  })

  const refusals: [code: number, kind: string, rowsSuspect: boolean][] = [
    [20001, 'config', true],
    [40000, 'config', true],
    [40001, 'auth', false],
    [40006, 'config', false],
    [40007, 'config', false],
    [40011, 'config', false],
    [40016, 'throttled', false],
    [40051, 'config', true],
    [40100, 'throttled', false],
    [40101, 'auth', false],
    [40102, 'auth', false],
    [40103, 'auth', false],
    [40104, 'auth', false],
    [40105, 'auth', false],
    [40107, 'auth', false],
    [40110, 'auth', false],
    [40132, 'throttled', false],
    [40133, 'throttled', false],
    [50000, 'retry', false],
    [50002, 'retry', false],
    [51234, 'retry', false],
    [47110, 'config', false],
  ]
  it.each(refusals)('refused with %i in an answer of 200 is %s', async (code, kind, rowsSuspect) => {
    const { opened } = await open(error(code))
    const failure = await failureFrom(opened.upload(batch))
    expect(failure).toMatchObject({ kind, rowsSuspect, code: String(code) })
    expect(failure.message).not.toMatch(/CANARY|@/)
    if (kind === 'throttled') expect(failure.retryAfterMs).toBeGreaterThanOrEqual(1_000)
  })

  it.each([
    [{ status: 502, headers: { 'content-type': 'text/html' }, text: '<html>Bad gateway</html>' }, 'retry'],
    [{ status: 200, headers: { 'content-type': 'text/html' }, text: '<html>Hello</html>' }, 'retry'],
    [{ status: 401, text: '' }, 'auth'],
    [{ status: 429, text: '' }, 'throttled'],
    [{ status: 404, text: '' }, 'config'],
    [{ status: 200, text: '{"code":0,"message":"O' }, 'retry'],
  ] as const)('without an envelope goes by the status: %j', async (reply, kind) => {
    const { opened } = await open(reply)
    expect(await failureFrom(opened.upload(batch))).toMatchObject({ kind })
  })

  const listed = (valid: boolean) => ({ list: [{ audience_id: LIST, name: 'VIP', is_valid: valid }] })
  const refusedWhile = (valid: boolean) => (request: Recorded) =>
    request.path.endsWith('/mapping/') ? error(40002) : ok(listed(valid))

  it('waits while the list is being processed, for a day at most', async () => {
    const { opened } = await open(refusedWhile(false))
    expect(await failureFrom(opened.upload(batch))).toMatchObject({ kind: 'throttled', retryAfterMs: 300_000 })
    const since = new Date(Date.now() - 25 * 3_600_000)
    expect(await failureFrom(opened.upload({ ...batch, since }))).toMatchObject({ kind: 'config', rowsSuspect: false })
  })

  it('is halved when the list is ready and TikTok still refuses a parameter', async () => {
    const { opened } = await open(refusedWhile(true))
    expect(await failureFrom(opened.upload(batch))).toMatchObject({ kind: 'config', rowsSuspect: true })
  })

  it('says that the list is gone when it is not listed any more', async () => {
    const { opened } = await open((request) => (request.path.endsWith('/mapping/') ? error(40002) : ok({ list: [] })))
    expect(await failureFrom(opened.upload(batch))).toMatchObject({ kind: 'config', listGone: true })
  })
})

describe('lists at TikTok', () => {
  const named = (id: string, name: string) => ({ audience_id: id, name, is_valid: true, cover_num: 1200 })
  const twoPages = (request: Recorded) => {
    const page = Number(request.query.page)
    const list = page === 1 ? [named('1', 'One'), named('2', 'Two')] : [named('3', 'Twofold')]
    return ok({ list, page_info: { page, total_page: 2 } })
  }

  it('are paged and searched by name', async () => {
    const { opened, requests } = await open(twoPages)
    const first = await opened.lists({ limit: 2 })
    expect(first.lists.map(({ id }) => id)).toEqual(['1', '2'])
    expect(first.next).toBe('2')
    expect((await opened.lists({ limit: 2, after: '2' })).next).toBeUndefined()
    expect((await opened.lists({ limit: 10, search: 'two' })).lists.map(({ name }) => name)).toEqual(['Two', 'Twofold'])
    expect(requests.every(({ query }) => query.advertiser_id === '7')).toBe(true)
  })

  it('are made under a name that finds them again', async () => {
    let made = ''
    const { opened, requests } = await open((request) => {
      if (request.method === 'GET')
        return ok({ list: made ? [named(LIST, made)] : [], page_info: { page: 1, total_page: 1 } })
      made = String(Object(request.body).custom_audience_name)
      return ok({ audience_id: LIST })
    })
    const wanted = aWantedList({ name: 'V'.repeat(200) })
    expect(await opened.findCreated(wanted)).toBeUndefined()
    expect(await opened.createList(wanted)).toMatchObject({ id: LIST, usable: true })
    expect(requests.at(-1)).toMatchObject({
      path: '/open_api/v1.3/segment/audience/',
      body: { advertiser_id: '7', action: 'create' },
    })
    expect(made.length).toBeLessThanOrEqual(128)
    expect(await opened.findCreated(wanted)).toMatchObject({ id: LIST })
    expect(await opened.findCreated({ ...wanted, marker: 'audience-sync-2' })).toBeUndefined()
  })

  it('are told with their facts, whichever way TikTok wraps them', async () => {
    for (const list of [[named(LIST, 'VIP')], [{ audience_details: named(LIST, 'VIP') }]]) {
      const { opened } = await open(ok({ list }))
      expect(await opened.readList(LIST)).toMatchObject({
        id: LIST,
        name: 'VIP',
        facts: { Size: 1200, State: 'ready' },
      })
    }
  })
})

describe('the check of TikTok', () => {
  it('names a dead token and a missing permission', async () => {
    expect(await (await open(ok({ list: [] }))).opened.check()).toMatchObject({ ok: true, account: '7' })
    const dead = await (await open(error(40105))).opened.check()
    expect(dead).toMatchObject({ ok: false, problems: [{ code: '40105', whose: 'you' }] })
    const forbidden = await (await open(error(40001))).opened.check()
    expect(forbidden.problems[0]?.next).toMatch(/Audience Management/)
  })
})
