import { hash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { sunsetOf } from '../../../destinations/linkedin/api.ts'
import { linkedin } from '../../../destinations/linkedin/index.ts'
import { aBatch, aWantedList, failureFrom, openAt, recorded } from '../open.ts'
import { type Recorded, type Reply, startRecorder } from '../recorder.ts'

const settings = { account_id: 'urn:li:sponsoredAccount:17', source_platform: 'OURS' }
const account = { settings, credentials: { access_token: 'TOKEN' } }
const LIST = '17667093'
const sha = (value: string) => hash('sha256', value, 'hex')
const answers = (...statuses: number[]): Reply => ({ json: { elements: statuses.map((status) => ({ status })) } })
const error = (status: number, more: object = {}): Reply => ({
  status,
  json: { status, message: 'CANARY jane@example.test', ...more },
})
const people = aBatch({
  listId: LIST,
  identifiers: ['SHA256_EMAIL', 'GOOGLE_AID', 'FIRST_NAME', 'LAST_NAME'],
  members: [
    { key: 'a', values: [sha('a@example.test'), undefined, 'Ana', 'Diaz'] },
    { key: 'b', values: [undefined, '38400000-8cf0-11bd-b23e-10b96e40000d', undefined, undefined] },
  ],
})

const open = (reply: Reply | ((request: Recorded) => Reply | undefined)) => recorded(linkedin, account, reply)

describe('a batch at LinkedIn', () => {
  it('has an element for each member, with version and method in headers', async () => {
    const { opened, requests, paced } = await open(answers(201, 201))
    expect(await opened.upload(people)).toEqual({ state: 'confirmed', received: 2, refused: 0 })
    expect(requests[0]).toMatchObject({ method: 'POST', path: `/rest/dmpSegments/${LIST}/users` })
    expect(requests[0]?.headers).toMatchObject({
      authorization: 'Bearer TOKEN',
      'linkedin-version': '202604',
      'x-restli-protocol-version': '2.0.0',
      'x-restli-method': 'BATCH_CREATE',
    })
    expect(requests[0]?.body).toEqual({
      elements: [
        {
          action: 'ADD',
          userIds: [{ idType: 'SHA256_EMAIL', idValue: sha('a@example.test') }],
          firstName: 'Ana',
          lastName: 'Diaz',
        },
        { action: 'ADD', userIds: [{ idType: 'GOOGLE_AID', idValue: '38400000-8cf0-11bd-b23e-10b96e40000d' }] },
      ],
    })
    expect(paced).toEqual(['linkedin:members:17'])
  })

  it('sends companies to their own place', async () => {
    const { opened, requests } = await open(answers(201))
    await opened.upload({
      ...people,
      operation: 'remove',
      identifiers: ['COMPANY_DOMAIN', 'ORGANIZATION'],
      members: [{ key: 'c', values: ['example.test', 'urn:li:organization:5'] }],
    })
    expect(requests[0]?.path).toBe(`/rest/dmpSegments/${LIST}/companies`)
    expect(requests[0]?.body).toEqual({
      elements: [{ action: 'REMOVE', companyWebsiteDomain: 'example.test', organizationUrn: 'urn:li:organization:5' }],
    })
  })

  it('sets aside whom LinkedIn refuses, and nobody else', async () => {
    const { opened } = await open({
      json: {
        elements: [{ status: 400, error: { status: 400, message: 'CANARY jane@example.test' } }, { status: 201 }],
      },
    })
    const receipt = await opened.upload(people)
    expect([...(receipt.rejected ?? [])]).toEqual([['a', 'LinkedIn refused this member (status 400)']])
    expect(receipt).toMatchObject({ state: 'confirmed', refused: 1 })
  })

  it.each([
    [answers(201), 'retry'],
    [answers(201, 503), 'retry'],
    [answers(201, 429), 'throttled'],
    [error(400), 'config'],
    [error(400, { code: 'VERSION_MISSING' }), 'config'],
    [error(401), 'auth'],
    [error(403), 'auth'],
    [error(426), 'config'],
    [error(429), 'throttled'],
    [error(500), 'retry'],
    [error(503), 'retry'],
    [{ status: 502, headers: { 'content-type': 'text/html' }, text: '<html>Bad gateway</html>' }, 'retry'],
    [{ status: 200, text: '<html>Hello</html>' }, 'retry'],
    [{ status: 200, text: '{"elements":[{"status":201},' }, 'retry'],
  ] as const)('answered with %j ends as %s', async (reply, kind) => {
    const { opened } = await open(reply)
    const failure = await failureFrom(opened.upload(people))
    expect(failure.kind).toBe(kind)
    expect(failure.message).not.toMatch(/CANARY|@/)
  })

  it('names a version that is not active any more', async () => {
    const { opened } = await open({
      status: 400,
      json: { status: 400, message: 'Requested version 202404 is not active' },
    })
    const failure = await failureFrom(opened.upload(people))
    expect(failure.message).toMatch(/retired the API version/)
    expect(failure).toMatchObject({ kind: 'config' })
  })

  it('waits for a new segment, and knows it from one that was deleted', async () => {
    const fresh = await open((request) =>
      request.method === 'POST' ? error(404) : { json: { id: LIST, type: 'USER' } },
    )
    expect(await failureFrom(fresh.opened.upload(people))).toMatchObject({ kind: 'throttled', listGone: false })
    const since = new Date(Date.now() - 6 * 60_000)
    expect(await failureFrom(fresh.opened.upload({ ...people, since }))).toMatchObject({
      kind: 'config',
      listGone: true,
    })
    const deleted = await open(error(404))
    expect(await failureFrom(deleted.opened.upload(people))).toMatchObject({ kind: 'config', listGone: true })
  })
})

describe('the token of LinkedIn', () => {
  const credentials = { client_id: 'id', client_secret: 'SECRET', refresh_token: 'REFRESH' }

  async function withRefresh(reply: (request: Recorded) => Reply) {
    const recorder = await startRecorder(reply)
    const { opened } = openAt(linkedin, recorder.url, { settings, credentials }, { sandbox: true })
    return { opened, ...recorder }
  }

  it('is fetched once with the refresh token, kept, and fetched anew when it is refused early', async () => {
    let issued = 0
    let refuse = false
    const { opened, requests, close } = await withRefresh((request) => {
      if (request.path === '/oauth/v2/accessToken')
        return { json: { access_token: `T${++issued}`, expires_in: 5_184_000 } }
      if (refuse && request.headers.authorization === 'Bearer T1') return error(401)
      return answers(201, 201)
    })
    await Promise.all([opened.upload(people), opened.upload(people)])
    expect(issued).toBe(1)
    const form = new URLSearchParams(requests.find(({ path }) => path.startsWith('/oauth'))?.text)
    expect(Object.fromEntries(form)).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'REFRESH',
      client_id: 'id',
      client_secret: 'SECRET',
    })
    refuse = true
    expect(await opened.upload(people)).toMatchObject({ state: 'confirmed' })
    expect(issued).toBe(2)
    await close()
  })

  it('that cannot be had is for a person to mend', async () => {
    const { opened, close } = await withRefresh(() => ({ status: 400, json: { error: 'invalid_grant' } }))
    expect(await failureFrom(opened.upload(people))).toMatchObject({ kind: 'auth' })
    expect(await opened.check()).toMatchObject({ ok: false, problems: [{ whose: 'you' }] })
    await close()
  })

  it('is needed in one of two forms', () => {
    expect(linkedin.credentials.safeParse({ client_id: 'id' }).success).toBe(false)
    expect(linkedin.credentials.safeParse({ access_token: 'T' }).success).toBe(true)
  })
})

describe('segments at LinkedIn', () => {
  it('are made for people or companies as the mapping says, and found again by our own id', async () => {
    const { opened, requests } = await open((request) =>
      request.method === 'POST'
        ? { status: 201, headers: { 'x-restli-id': LIST }, text: '' }
        : {
            json: {
              paging: { total: 1 },
              elements: [{ id: LIST, name: 'VIP', type: 'COMPANY', sourceSegmentId: 'm' }],
            },
          },
    )
    const wanted = aWantedList({ marker: 'm', identifiers: ['COMPANY_DOMAIN'] })
    const made = await opened.createList(wanted)
    expect(made).toMatchObject({ id: LIST, accepts: ['COMPANY_DOMAIN', 'ORGANIZATION'] })
    expect(requests[0]?.body).toEqual({
      name: 'VIP',
      account: 'urn:li:sponsoredAccount:17',
      sourcePlatform: 'OURS',
      sourceSegmentId: 'm',
      type: 'COMPANY',
      accessPolicy: 'PRIVATE',
      destinations: [{ destination: 'LINKEDIN' }],
    })
    expect(await opened.findCreated(wanted)).toMatchObject({ id: LIST })
    expect(requests[1]?.query).toMatchObject({ q: 'account', sourcePlatform: 'OURS', sourceSegmentId: 'm' })
    const mixed = aWantedList({ identifiers: ['COMPANY_DOMAIN', 'SHA256_EMAIL'] })
    expect(await failureFrom(opened.createList(mixed))).toMatchObject({ kind: 'config' })
  })

  it('are told with what LinkedIn says of their destination', async () => {
    const told = {
      id: 17667093,
      name: 'VIP',
      type: 'USER',
      inputCount: 2,
      destinations: [{ destination: 'LINKEDIN', status: 'BUILDING', audienceSize: 240000, matchedCount: 2 }],
    }
    const { opened } = await open({ json: told })
    expect(await opened.readList(LIST)).toMatchObject({
      id: LIST,
      usable: true,
      facts: { Size: 240000, Holds: 'people' },
    })
    const failed = await open({ json: { ...told, destinations: [{ destination: 'LINKEDIN', status: 'FAILED' }] } })
    expect(await failed.opened.readList(LIST)).toMatchObject({ usable: false })
    const file = await open({ json: { ...told, type: 'USER_LIST_UPLOAD' } })
    expect((await file.opened.readList(LIST)).problem).toMatch(/from a file/)
  })

  it('are paged and searched', async () => {
    const { opened } = await open((request) => {
      const start = Number(request.query.start)
      const all = ['One', 'Two', 'Twofold'].map((name, at) => ({ id: at + 1, name, type: 'USER' }))
      return { json: { paging: { total: 3 }, elements: all.slice(start, start + Number(request.query.count)) } }
    })
    const first = await opened.lists({ limit: 2 })
    expect(first.next).toBe('2')
    expect((await opened.lists({ limit: 2, after: '2' })).lists.map(({ name }) => name)).toEqual(['Twofold'])
    expect((await opened.lists({ limit: 9, search: 'TWO' })).lists).toHaveLength(2)
  })
})

it('counts a version to the middle of the same month a year later', () => {
  expect(sunsetOf('202511')).toBe('2026-11-15')
  expect(linkedin.sunsetOf({ ...settings, api_version: '202601' })).toBe('2027-01-15')
})
