import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Reply } from './support/sandbox.ts'
import { send, sha256, startUnit, useSandbox } from './support/sandbox.ts'
import type { TikTokAccount } from './support/tiktok.ts'
import { cell, tikTok } from './support/tiktok.ts'

const sandbox = useSandbox()
const tiktok = tikTok(sandbox)
const LIST = '/dmp/custom_audience/list/'
const list = (account: TikTokAccount) => tiktok.get(account, LIST, { advertiser_id: account.id })

describe('the address of a call', () => {
  it.each([
    [LIST, 200, 0],
    [LIST.slice(0, -1), 404, undefined],
    ['/nothing/', 404, undefined],
    ['/constructor/', 404, undefined],
  ])('%s: HTTP %i', async (path, status, code) => {
    const account = await tiktok.newAccount()
    const reply = await tiktok.get(account, path, { advertiser_id: account.id })
    expect([reply.status, reply.body.code]).toEqual([status, code])
  })

  it('names the version', async () => {
    const account = await tiktok.newAccount()
    const at = (version: string) =>
      send(`${sandbox.url}/tiktok/open_api/${version}${LIST}?advertiser_id=${account.id}`, 'GET', {
        'access-token': account.token,
      })
    expect((await at('v1.2')).body.code).toBe(40006)
    expect((await at('latest')).status).toBe(404)
  })

  it('is called by its own method, with a body of JSON', async () => {
    const account = await tiktok.newAccount()
    expect((await tiktok.post(account, LIST, {})).status).toBe(405)
    for (const body of ['', '{', '[]', 'null']) {
      const reply = await tiktok.post(account, '/segment/mapping/', body)
      expect([reply.status, reply.body.code]).toEqual([200, 40002])
    }
    const address = `${sandbox.url}/tiktok/open_api/v1.3/segment/mapping/`
    const text = { 'access-token': account.token, 'content-type': 'text/plain' }
    expect((await send(address, 'POST', text, '{}')).body.code).toBe(40002)
  })
})

describe('the token', () => {
  it('is taken from its own header and nowhere else', async () => {
    const account = await tiktok.newAccount()
    const at = (headers: Record<string, string>, query = '') =>
      send(`${sandbox.url}/tiktok/open_api/v1.3${LIST}?advertiser_id=${account.id}${query}`, 'GET', headers)
    expect((await at({ authorization: `Bearer ${account.token}` })).body.code).toBe(40104)
    expect((await at({}, `&Access-Token=${account.token}`)).body.code).toBe(40104)
    expect((await at({ 'access-token': 'nothing' })).body.code).toBe(40105)
    expect((await at({ 'access-token': account.token })).body.code).toBe(0)
  })

  it('stops working, until another one comes', async () => {
    const account = await tiktok.newAccount()
    await tiktok.change(account, { token_expired: true })
    const reply = await list(account)
    expect([reply.status, reply.body.code]).toEqual([200, 40105])
    const again = (access_token: string) =>
      sandbox.control('POST', '/accounts', {
        platform: 'tiktok',
        settings: { advertiser_id: account.id },
        credentials: { access_token },
      })
    await again(account.token)
    expect((await list(account)).body.code).toBe(40105)
    await again('another')
    expect((await list({ ...account, token: 'another' })).body.code).toBe(0)
  })

  it('opens its own advertiser only', async () => {
    const [mine, theirs] = [await tiktok.newAccount(), await tiktok.newAccount()]
    const id = await tiktok.newAudience(theirs)
    expect((await list({ ...mine, id: theirs.id })).body.code).toBe(40001)
    expect((await tiktok.map(mine, 'add', ['EMAIL_SHA256'], [[cell(id, 'a')]])).body.code).toBe(40007)
    expect(await tiktok.held(id)).toEqual([])
  })

  it('may lack the right to audiences', async () => {
    const account = await tiktok.newAccount()
    await tiktok.change(account, { may_use_audiences: false })
    expect((await list(account)).body.code).toBe(40001)
    const info = await tiktok.get(account, '/advertiser/info/', { advertiser_ids: [account.id] })
    expect(info.body.data.list).toMatchObject([{ advertiser_id: account.id, status: 'STATUS_ENABLE' }])
  })

  it('is remembered by nobody but its holder, and makes its account again', async () => {
    const account = await tiktok.newAccount()
    const { body } = await sandbox.control('GET', '/accounts?platform=tiktok')
    expect(JSON.stringify(body)).not.toContain(account.token)
    await sandbox.control('DELETE', '/tiktok')
    expect((await list(account)).body.code).toBe(40105)
    const known = { settings: { advertiser_id: account.id }, credentials: { access_token: account.token } }
    const again = await sandbox.control('POST', '/accounts', { platform: 'tiktok', ...known })
    expect(again.body).toMatchObject({ platform: 'tiktok', id: account.id, ...known })
    expect((await list(account)).body.code).toBe(0)
  })

  it.each([
    [{ settings: {} }, 'advertiser_id'],
    [{ settings: { advertiser_id: 'abc' } }, 'advertiser_id'],
    [{ settings: { advertiser_id: '1' } }, 'access_token'],
  ])('%o makes no account', async (known, expected) => {
    const reply = await sandbox.control('POST', '/accounts', { platform: 'tiktok', ...known })
    expect([reply.status, reply.body.error]).toEqual([400, expect.stringContaining(expected)])
  })
})

describe('the limits of calls', () => {
  /** Calls until one is refused: how many were taken, and what the first refusal said. */
  const spend = async (call: () => Promise<Reply>) => {
    for (let taken = 0; ; ) {
      const codes = (await Promise.all(Array.from({ length: 20 }, call))).map(({ body }) => body.code)
      taken += codes.filter((code) => code === 0).length
      const refused = codes.find((code) => code !== 0)
      if (refused !== undefined) return { taken, refused }
    }
  }

  it('are ten a second, and the streams have their own', async () => {
    const account = await tiktok.newAccount()
    const id = await tiktok.newAudience(account)
    await startUnit(sandbox, 'tiktok', 1_000)
    const { taken, refused } = await spend(() => list(account))
    // A second that ends on the way gives the next ten.
    expect([taken >= 10, refused]).toEqual([true, 40100])
    const streams = await Promise.all(
      Array.from({ length: 40 }, (_, index) => tiktok.map(account, 'add', ['EMAIL_SHA256'], [[cell(id, `${index}`)]])),
    )
    expect(streams.every(({ body }) => body.code === 0)).toBe(true)
    await tiktok.advance('1s')
    expect((await list(account)).body.code).toBe(0)
  })

  it('are 600 a minute, and then nothing for five', async () => {
    const account = await tiktok.newAccount()
    await tiktok.change(account, { second_limit: 10_000 })
    await startUnit(sandbox, 'tiktok', 60_000)
    const { taken, refused } = await spend(() => list(account))
    expect([taken >= 600, refused]).toEqual([true, 40132])
    await tiktok.advance('2m')
    expect((await list(account)).body.code).toBe(40132)
    await tiktok.advance('3m')
    expect((await list(account)).body.code).toBe(0)
  })

  it('have a day that ends at midnight UTC, for streams too', async () => {
    const account = await tiktok.newAccount()
    const id = await tiktok.newAudience(account)
    const add = async () => (await tiktok.map(account, 'add', ['EMAIL_SHA256'], [[cell(id, 'a')]])).body.code
    await startUnit(sandbox, 'tiktok', 86_400_000)
    await tiktok.change(account, { daily_limit: 1 })
    expect([(await list(account)).body.code, (await list(account)).body.code]).toEqual([0, 40133])
    expect([await add(), await add()]).toEqual([0, 40133])
    await tiktok.advance('1h')
    expect(await add()).toBe(40133)
    await tiktok.advance('1d')
    expect(await add()).toBe(0)
  })
})

describe('a fault', () => {
  const order = (fault: object) => sandbox.control('POST', '/faults', { platform: 'tiktok', ...fault })

  it.each([
    [{ fault: 'throttled' }, 200, 40100],
    ...[40016, 40132, 40133].map((code): [object, number, number] => [{ fault: 'throttled', code }, 200, code]),
    [{ fault: 'throttled', status: 429 }, 429, 40100],
    [{ fault: 'server_error' }, 200, 50000],
    [{ fault: 'server_error', code: 50002 }, 200, 50002],
    [{ fault: 'server_error', status: 503, code: 51234 }, 503, 51234],
    [{ fault: 'expired_token' }, 200, 40105],
    ...[40101, 40102, 40103, 40104, 40107, 40110].map((code): [object, number, number] => [
      { fault: 'expired_token', code },
      200,
      code,
    ]),
    [{ fault: 'permission' }, 200, 40001],
    [{ fault: 'list_deleted' }, 200, 40007],
    [{ fault: 'list_flagged' }, 200, 40002],
    [{ fault: 'bad_request' }, 200, 40002],
    ...[40000, 40006, 40011, 40050, 40051, 99999].map((code): [object, number, number] => [
      { fault: 'bad_request', code },
      200,
      code,
    ]),
  ])('%o answers HTTP %i with code %i, and nothing is done', async (fault, status, code) => {
    const account = await tiktok.newAccount()
    const id = await tiktok.newAudience(account)
    await order({ ...fault, match: { operation: 'map_members' } })
    const reply = await tiktok.map(account, 'add', ['EMAIL_SHA256'], [[cell(id, 'a')]])
    expect([reply.status, reply.body.code, typeof reply.body.message]).toEqual([status, code, 'string'])
    expect(await tiktok.held(id)).toEqual([])
  })

  it('makes a part of the rows fail, without a word of which', async () => {
    const account = await tiktok.newAccount()
    const id = await tiktok.newAudience(account)
    await order({ fault: 'reject_rows', count: 2 })
    const { body } = await tiktok.map(
      account,
      'add',
      ['EMAIL_SHA256'],
      ['a', 'b', 'c'].map((text) => [cell(id, text)]),
    )
    expect([body.code, body.data]).toEqual([20001, {}])
    expect(await tiktok.held(id)).toEqual([{ EMAIL_SHA256: sha256('c') }])
  })
})

describe('the request log', () => {
  it('counts, and knows no member and no token', async () => {
    const account = await tiktok.newAccount()
    const id = await tiktok.newAudience(account)
    await tiktok.map(account, 'add', ['EMAIL_SHA256'], [[cell(id, 'a')], [cell(id, 'b')]])
    await tiktok.map(account, 'add', ['EMAIL_SHA256'], [[{ id: 'plain@example.test', audience_ids: [id] }]])
    const { body } = await sandbox.control('GET', '/requests?platform=tiktok&limit=10000')
    expect(body.requests.slice(-2)).toMatchObject([
      { operation: 'map_members', received: 2, invalid: 0, worked: true },
      { operation: 'map_members', status: 200, received: null },
    ])
    for (const secret of [sha256('a'), 'plain@', account.token]) expect(JSON.stringify(body)).not.toContain(secret)
  })
})

describe('whatever comes, the sandbox answers', () => {
  it('in an envelope, never with a fault of its own', async () => {
    const account = await tiktok.newAccount()
    const id = await tiktok.newAudience(account)
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom(id, account.id, '__proto__', sha256('a'), {}, [id]))
    const body = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          advertiser_id: fc.constantFrom(account.id, 1),
          advertiser_ids: fc.oneof(fc.constant([account.id]), value),
          action: fc.constantFrom('add', 'delete', 'create', 'x'),
          id_schema: fc.oneof(fc.constant(['EMAIL_SHA256']), value),
          batch_data: fc.oneof(
            fc.array(fc.array(fc.oneof(fc.record({ id: value, audience_ids: value }), value), { maxLength: 2 })),
            value,
          ),
          custom_audience_name: value,
          custom_audience_id: value,
          custom_audience_ids: value,
          audience_id: value,
        },
        { requiredKeys: [] },
      ),
    )
    const path = fc.constantFrom('/segment/mapping/', '/segment/audience/')
    await fc.assert(
      fc.asyncProperty(
        path,
        fc.oneof(
          body.map((json) => JSON.stringify(json)),
          fc.string(),
        ),
        async (onPath, text) => {
          const reply = await tiktok.post(account, onPath, text)
          expect(reply.status).toBe(200)
          expect([0, 40001, 40002, 40007]).toContain(reply.body.code)
        },
      ),
      { numRuns: 400 },
    )
    await tiktok.change(account, { second_limit: 10_000, minute_limit: 10_000 })
    const query = fc.dictionary(
      fc.constantFrom('advertiser_id', 'custom_audience_ids', 'page', 'page_size', 'x'),
      value,
    )
    await fc.assert(
      fc.asyncProperty(query, async (parameters) => {
        const reply = await tiktok.get(account, '/dmp/custom_audience/get/', {
          advertiser_id: account.id,
          ...parameters,
        })
        expect([0, 40001, 40002]).toContain(reply.body.code)
      }),
      { numRuns: 200 },
    )
  }, 60_000)
})
