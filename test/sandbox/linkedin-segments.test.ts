import { describe, expect, it } from 'vitest'
import type { LinkedInAccount } from './support/linkedin.ts'
import { addEmail, batchCreate, linkedIn, removeEmail, segmentBody } from './support/linkedin.ts'
import { sha256, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()
const linkedin = linkedIn(sandbox)
const emails = (count: number) => Array.from({ length: count }, (_, index) => addEmail(`${index}@example.test`))
const read = async (account: LinkedInAccount, segment: string) =>
  (await linkedin.rest(account, 'GET', `/dmpSegments/${segment}`)).body

describe('a segment', () => {
  it('is created without a body, its id in a header, and read with its destination', async () => {
    const account = await linkedin.newAccount()
    const reply = await linkedin.rest(
      account,
      'POST',
      '/dmpSegments',
      segmentBody(account, { sourceSegmentId: 'ours' }),
    )
    expect([reply.status, reply.body]).toEqual([201, ''])
    const id = reply.headers.get('x-restli-id') ?? ''
    const segment = await read(account, id)
    expect(segment).toMatchObject({
      id: Number(id),
      name: 'VIP',
      type: 'USER',
      account: `urn:li:sponsoredAccount:${account.id}`,
      sourceSegmentId: 'ours',
      accessPolicy: 'PRIVATE',
      inputCount: 0,
    })
    expect(segment.destinations).toMatchObject([{ destination: 'LINKEDIN', status: 'BUILDING', audienceSize: 0 }])
    const { body: destination } = await linkedin.rest(account, 'GET', `/dmpSegments/${id}/destinations/LINKEDIN`)
    expect(destination).toEqual(segment.destinations[0])
    const { body: all } = await linkedin.rest(account, 'GET', `/dmpSegments/${id}/destinations`)
    expect(all.elements).toEqual(segment.destinations)
  })

  it.each([
    [{ name: '' }, 'name'],
    [{ account: '123' }, 'account'],
    [{ type: 'USER_LIST_UPLOAD' }, 'type'],
    [{ sourcePlatform: 'SOMEBODY_ELSE' }, 'sourcePlatform'],
    [{ accessPolicy: 'PUBLIC' }, 'accessPolicy'],
    [{ destinations: [] }, 'destinations'],
    [{ colour: 'red' }, 'colour'],
  ])('is not created with %o', async (more, named) => {
    const account = await linkedin.newAccount()
    const reply = await linkedin.rest(account, 'POST', '/dmpSegments', segmentBody(account, more))
    expect([reply.status, reply.body.message]).toEqual([400, expect.stringContaining(named)])
  })

  it('is found by account, platform and our own id, page by page', async () => {
    const account = await linkedin.newAccount()
    for (const sourceSegmentId of ['a', 'b', 'c']) await linkedin.newSegment(account, { sourceSegmentId })
    await linkedin.newSegment(account, { sourcePlatform: 'API', sourceSegmentId: 'a' })
    const find = async (query: string) => {
      const path = `/dmpSegments?q=account&account=urn%3Ali%3AsponsoredAccount%3A${account.id}${query}`
      return (await linkedin.rest(account, 'GET', path)).body
    }
    expect((await find('&sourceSegmentId=a')).elements).toHaveLength(2)
    const own = await find(`&sourceSegmentId=a&sourcePlatform=${account.sourcePlatform}`)
    expect(own.elements).toMatchObject([{ sourceSegmentId: 'a', sourcePlatform: account.sourcePlatform }])
    const second = await find('&start=2&count=2')
    expect(second.paging).toEqual({ start: 2, count: 2, links: [], total: 4 })
    expect(second.elements).toMatchObject([{ sourceSegmentId: 'c' }, { sourcePlatform: 'API' }])
    expect((await find('&count=1000')).status).toBe(400)
    expect((await linkedin.rest(account, 'GET', '/dmpSegments?q=member')).status).toBe(400)
  })

  it('is renamed by a partial update that says so in its header', async () => {
    const account = await linkedin.newAccount()
    const id = await linkedin.newSegment(account)
    const rename = (headers: Record<string, string>, body: object = { patch: { $set: { name: 'New' } } }) =>
      linkedin.rest(account, 'POST', `/dmpSegments/${id}`, body, headers)
    const partial = { 'x-restli-method': 'PARTIAL_UPDATE' }
    expect((await rename({})).status).toBe(400)
    expect((await rename(partial, { patch: { $set: { type: 'COMPANY' } } })).status).toBe(400)
    expect((await rename(partial)).status).toBe(204)
    expect((await read(account, id)).name).toBe('New')
  })

  it('is gone once deleted, alone or among others', async () => {
    const account = await linkedin.newAccount()
    const [one, two] = [await linkedin.readySegment(account), await linkedin.readySegment(account)]
    expect((await linkedin.rest(account, 'DELETE', `/dmpSegments/${one}`)).status).toBe(204)
    expect((await linkedin.rest(account, 'GET', `/dmpSegments/${one}`)).status).toBe(404)
    expect((await linkedin.batch(account, one, [addEmail('a')])).status).toBe(404)
    const { body } = await linkedin.rest(account, 'DELETE', `/dmpSegments?ids=List(${one},${two})`)
    expect(body).toMatchObject({ results: { [two]: { status: 204 } }, errors: { [one]: { status: 404 } } })
    expect((await sandbox.control('GET', `/linkedin/lists/${two}`)).status).toBe(404)
  })
})

describe('members', () => {
  it('answer 404 while the segment is fresh, though it can be read', async () => {
    const account = await linkedin.newAccount()
    expect((await linkedin.change(account, { match_rate: 1 })).body.fresh_seconds).toBe(5)
    await linkedin.change(account, { fresh_seconds: 3_600 })
    const id = await linkedin.newSegment(account)
    const early = await linkedin.batch(account, id, [addEmail('a')])
    expect([early.status, early.body.code]).toEqual([404, 'RESOURCE_NOT_FOUND'])
    expect((await linkedin.rest(account, 'GET', `/dmpSegments/${id}`)).status).toBe(200)
    await linkedin.advance('50m')
    expect((await linkedin.batch(account, id, [addEmail('a')])).status).toBe(404)
    await linkedin.advance('10m')
    expect((await linkedin.batch(account, id, [addEmail('a')])).body.elements).toEqual([{ status: 201 }])
  })

  it('are added and removed by their elements, as often as wanted', async () => {
    const account = await linkedin.newAccount()
    const id = await linkedin.readySegment(account)
    const { body } = await linkedin.batch(account, id, [
      addEmail('a', { firstName: 'Ana', lastName: 'Diaz' }),
      addEmail('a', { company: 'Acme' }),
      addEmail('b'),
      removeEmail('c'),
    ])
    expect(body.elements).toEqual([{ status: 201 }, { status: 201 }, { status: 201 }, { status: 201 }])
    expect(await linkedin.held(id)).toEqual([
      { SHA256_EMAIL: sha256('a'), company: 'Acme' },
      { SHA256_EMAIL: sha256('b') },
    ])
    await linkedin.batch(account, id, [removeEmail('a'), removeEmail('a')])
    expect(await linkedin.held(id)).toEqual([{ SHA256_EMAIL: sha256('b') }])
  })

  it('take every type of id, and are removed by any that they share', async () => {
    const account = await linkedin.newAccount()
    const id = await linkedin.readySegment(account)
    const device = { idType: 'GOOGLE_AID', idValue: '38400000-8cf0-11bd-b23e-10b96e40000d' }
    const long = { idType: 'SHA512_EMAIL', idValue: 'ab'.repeat(64) }
    const [email] = [addEmail('a').userIds].flat()
    await linkedin.batch(account, id, [{ action: 'ADD', userIds: [email, device, long] }])
    expect(await linkedin.held(id)).toEqual([
      { SHA256_EMAIL: sha256('a'), GOOGLE_AID: device.idValue, SHA512_EMAIL: long.idValue },
    ])
    await linkedin.batch(account, id, [{ action: 'REMOVE', userIds: [device] }])
    expect(await linkedin.held(id)).toEqual([])
  })

  it('may come with names alone', async () => {
    const account = await linkedin.newAccount()
    const id = await linkedin.readySegment(account)
    const named = { userIds: [], firstName: 'Ana', lastName: 'Diaz', country: 'US' }
    await linkedin.batch(account, id, [{ action: 'ADD', ...named }])
    expect(await linkedin.held(id)).toEqual([{ firstName: 'Ana', lastName: 'Diaz', country: 'US' }])
    await linkedin.batch(account, id, [{ action: 'REMOVE', ...named }])
    expect(await linkedin.held(id)).toEqual([])
  })

  const id = (idType: string, idValue: string) => ({ action: 'ADD', userIds: [{ idType, idValue }] })
  it.each([
    ['a plain e-mail', id('SHA256_EMAIL', 'a@example.test')],
    ['a hash of another length', id('SHA512_EMAIL', sha256('a'))],
    ['an IDFA', id('IDFA', '38400000-8cf0-11bd-b23e-10b96e40000d')],
    ['a phone', id('PHONE', '16577770000')],
    ['a prototype', id('__proto__', 'x')],
    ['a device id in another form', id('GOOGLE_AID', 'x')],
    ['a first name only', { action: 'ADD', userIds: [], firstName: 'Ana' }],
    ['nothing', { action: 'ADD', userIds: [] }],
    ['a name that is too long', addEmail('a', { firstName: 'x'.repeat(36) })],
    ['an unknown field', addEmail('a', { phone: '1' })],
    ['no action', { userIds: [{ idType: 'SHA256_EMAIL', idValue: sha256('a') }] }],
    ['another action', addEmail('a', { action: 'UPSERT' })],
    ['no object', 'a@example.test'],
  ])('with %s are refused alone', async (_, bad) => {
    const account = await linkedin.newAccount()
    const segment = await linkedin.readySegment(account)
    const { status, body } = await linkedin.batch(account, segment, [addEmail('good'), bad, addEmail('fine')])
    expect(status).toBe(200)
    expect(body.elements).toMatchObject([
      { status: 201 },
      { status: 400, batchIndex: 1, error: { status: 400, message: expect.any(String) } },
      { status: 201 },
    ])
    expect(await linkedin.held(segment)).toHaveLength(2)
  })

  it('come 5,000 in a call and no more', async () => {
    const account = await linkedin.newAccount()
    const segment = await linkedin.readySegment(account)
    const tooMany = await linkedin.batch(account, segment, emails(5_001))
    expect([tooMany.status, await linkedin.held(segment)]).toEqual([400, []])
    expect((await linkedin.batch(account, segment, emails(5_000))).body.elements).toHaveLength(5_000)
    expect(await linkedin.held(segment)).toHaveLength(5_000)
    expect((await linkedin.batch(account, segment, [])).body.elements).toEqual([])
  })

  it('come alone without the batch header', async () => {
    const account = await linkedin.newAccount()
    const segment = await linkedin.readySegment(account)
    const one = (body: unknown, headers?: Record<string, string>) =>
      linkedin.rest(account, 'POST', `/dmpSegments/${segment}/users`, body, headers)
    const { status, body } = await one(addEmail('a'))
    expect([status, body]).toEqual([201, ''])
    expect((await one({ elements: [addEmail('b')] })).status).toBe(400)
    expect((await one({ elements: [addEmail('b')] }, { 'x-restli-method': 'BATCH_UPDATE' })).status).toBe(400)
    for (const wrong of [[], {}, { elements: {} }, 'x', null]) expect((await one(wrong, batchCreate)).status).toBe(400)
    expect(await linkedin.held(segment)).toEqual([{ SHA256_EMAIL: sha256('a') }])
  })
})

describe('companies', () => {
  it('are added and removed by domain and organisation', async () => {
    const account = await linkedin.newAccount()
    const id = await linkedin.readySegment(account, { type: 'COMPANY' })
    const acme = { companyWebsiteDomain: 'acme.example.com', organizationUrn: 'urn:li:organization:1035' }
    const { body } = await linkedin.batch(
      account,
      id,
      [
        { action: 'ADD', ...acme, companyName: 'Acme', industries: ['Anvils'] },
        { action: 'ADD', companyName: 'Bolt', city: 'Berlin' },
        { action: 'ADD', companyWebsiteDomain: 'https://acme.example.com/' },
        { action: 'ADD', organizationUrn: '1035' },
        { action: 'ADD', city: 'Berlin' },
        { action: 'ADD', userIds: [] },
      ],
      'companies',
    )
    expect(body.elements.map(({ status }: { status: number }) => status)).toEqual([201, 201, 400, 400, 400, 400])
    expect(await linkedin.held(id)).toEqual([
      { ...acme, companyName: 'Acme', industries: ['Anvils'] },
      { companyName: 'Bolt', city: 'Berlin' },
    ])
    const remove = { action: 'REMOVE', organizationUrn: acme.organizationUrn }
    await linkedin.batch(account, id, [remove], 'companies')
    expect(await linkedin.held(id)).toHaveLength(1)
  })

  it('and users do not mix', async () => {
    const account = await linkedin.newAccount()
    const users = await linkedin.readySegment(account)
    const companies = await linkedin.readySegment(account, { type: 'COMPANY' })
    expect((await linkedin.batch(account, companies, [addEmail('a')])).status).toBe(400)
    expect((await linkedin.batch(account, users, [], 'companies')).status).toBe(400)
  })
})

describe('what a segment tells of itself', () => {
  const destination = async (account: LinkedInAccount, segment: string) =>
    (await read(account, segment)).destinations[0]

  it('is BUILDING for a day, then UPDATING for a minute after each change, then READY', async () => {
    const account = await linkedin.newAccount()
    const segment = await linkedin.readySegment(account)
    await linkedin.batch(account, segment, emails(400))
    expect(await destination(account, segment)).toMatchObject({
      status: 'BUILDING',
      audienceSize: 0,
      matchedCount: 400,
    })
    await linkedin.advance('24h')
    expect(await destination(account, segment)).toMatchObject({ status: 'READY', audienceSize: 400 })
    await linkedin.batch(account, segment, [removeEmail('0@example.test'), addEmail('0@example.test')])
    await linkedin.batch(account, segment, [removeEmail('1@example.test')])
    expect(await destination(account, segment)).toMatchObject({ status: 'UPDATING', audienceSize: 400 })
    await linkedin.advance('1m')
    expect(await destination(account, segment)).toMatchObject({ status: 'READY', audienceSize: 399 })
  })

  it('counts matches over seven days only, and as many as the account says', async () => {
    const account = await linkedin.newAccount()
    const segment = await linkedin.readySegment(account)
    await linkedin.batch(account, segment, emails(10))
    await linkedin.change(account, { match_rate: 0.5 })
    await linkedin.advance('2d')
    expect(await destination(account, segment)).toMatchObject({ audienceSize: 5, matchedCount: 5 })
    await linkedin.advance('6d')
    expect(await destination(account, segment)).toMatchObject({ audienceSize: 5, matchedCount: 0 })
  })

  it.each([
    ['archive', 'ARCHIVED'],
    ['expire', 'EXPIRED'],
    ['fail', 'FAILED'],
    ['error', 'ERROR'],
  ])('is what an operator made of it: %s', async (action, status) => {
    const account = await linkedin.newAccount()
    const segment = await linkedin.readySegment(account)
    const act = (name: string) => sandbox.control('POST', `/linkedin/lists/${segment}/${name}`)
    await act(action)
    expect(await destination(account, segment)).toMatchObject({ status })
    // Members are taken all the same: the platform accepts, and tells later that nothing came of it.
    expect((await linkedin.batch(account, segment, [addEmail('a')])).status).toBe(200)
    await act('restore')
    expect(await destination(account, segment)).toMatchObject({ status: 'BUILDING' })
    await act('delete')
    expect((await linkedin.rest(account, 'GET', `/dmpSegments/${segment}`)).status).toBe(404)
  })
})
