import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { send, sha256, startUnit, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()

async function newAccount() {
  const { settings, credentials } = (await sandbox.control('POST', '/accounts', { platform: 'pinterest' })).body
  return { id: settings.ad_account_id, credentials }
}
type Account = Awaited<ReturnType<typeof newAccount>>

const call = ({ id, credentials }: Account, method: string, path: string, body?: unknown) =>
  send(
    `${sandbox.url}/pinterest/v5/ad_accounts/${id}${path}`,
    method,
    { authorization: `Bearer ${credentials.access_token}` },
    body,
  )
const change = (account: Account, changes: object) => sandbox.control('PATCH', `/accounts/${account.id}`, changes)
const create = (account: Account, records: string, more?: object) =>
  call(account, 'POST', '/customer_lists', { name: 'VIP', records, ...more })
const update = (account: Account, list: string, operation_type: string, records: string) =>
  call(account, 'PATCH', `/customer_lists/${list}`, { operation_type, records })
const read = async (account: Account, list: string) => (await call(account, 'GET', `/customer_lists/${list}`)).body
const advance = (duration: string) => sandbox.control('POST', '/clock', { platform: 'pinterest', advance: duration })
const held = async (list: string) => (await sandbox.control('GET', `/pinterest/lists/${list}`)).body.members
const order = (fault: object) => sandbox.control('POST', '/faults', { platform: 'pinterest', ...fault })
const emails = (count: number) => Array.from({ length: count }, (_, index) => sha256(`${index}`)).join(',')

describe('a customer list', () => {
  it('is created with records, changed by an operation, and counts what came', async () => {
    const account = await newAccount()
    const { status, body } = await create(account, 'anna@example.test, bo@example.test')
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({
        ad_account_id: account.id,
        type: 'customerlist',
        name: 'VIP',
        status: 'UPLOADING',
        num_batches: 1,
        num_uploaded_user_records: 2,
        num_removed_user_records: 0,
      }),
    ])
    await update(account, body.id, 'ADD', `anna@example.test,${sha256('c')}`)
    await update(account, body.id, 'REMOVE', 'bo@example.test,nobody@example.test')
    expect(await held(body.id)).toEqual([{ EMAIL: 'anna@example.test' }, { EMAIL: sha256('c') }])
    expect(await read(account, body.id)).toMatchObject({
      num_batches: 3,
      num_uploaded_user_records: 4,
      num_removed_user_records: 2,
    })
  })

  it('takes every hash, and tells of what is of no use only later and as a number', async () => {
    const account = await newAccount()
    const hash = (name: string) => createHash(name).update('a').digest('hex')
    const good = [hash('md5'), hash('sha1'), hash('sha256')]
    const { body } = await create(account, [...good, 'Anna@Example.test', '+16577770000', ''].join(','))
    expect(await held(body.id)).toEqual(good.map((record) => ({ EMAIL: record })))
    expect([body.num_uploaded_user_records, body.exceptions]).toEqual([5, {}])
    await advance('5m')
    expect((await read(account, body.id)).exceptions).toEqual({ invalid_records: 2 })
    const device = '38400000-8cf0-11bd-b23e-10b96e40000d'
    const maids = (await create(account, `${device},${sha256(device)}`, { list_type: 'MAID' })).body
    expect(await held(maids.id)).toEqual([{ MAID: sha256(device) }])
  })

  it('is UPLOADING, PROCESSING, then READY or TOO_SMALL', async () => {
    const account = await newAccount()
    const { id, status: atFirst } = (await create(account, emails(100))).body
    const status = async () => (await read(account, id)).status
    expect(atFirst).toBe('UPLOADING')
    await advance('10s')
    expect(await status()).toBe('PROCESSING')
    await advance('5m')
    expect(await status()).toBe('READY')
    await update(account, id, 'REMOVE', sha256('0'))
    await advance('5m')
    expect(await status()).toBe('TOO_SMALL')
    await update(account, id, 'ADD', sha256('0'))
    await change(account, { match_rate: 0.5 })
    await advance('5m')
    expect(await status()).toBe('TOO_SMALL')
  })

  it('becomes an audience by a call of its own', async () => {
    const account = await newAccount()
    const { id } = (await create(account, emails(100))).body
    const wanted = { name: 'VIP', audience_type: 'CUSTOMER_LIST', rule: { customer_list_id: id } }
    const audience = (await call(account, 'POST', '/audiences', wanted)).body
    expect(audience).toMatchObject({ type: 'audience', status: 'INITIALIZING', size: null, rule: wanted.rule })
    await advance('5m')
    const path = `/audiences/${audience.id}`
    expect((await call(account, 'GET', path)).body).toMatchObject({ status: 'READY', size: 100 })
    expect((await call(account, 'GET', '/audiences')).body.items).toHaveLength(1)
    const other = { ...wanted, rule: { customer_list_id: '1' } }
    expect((await call(account, 'POST', '/audiences', other)).status).toBe(404)
    expect((await call(account, 'POST', '/audiences', { ...wanted, audience_type: 'VISITOR' })).status).toBe(400)
    expect((await call(account, 'GET', '/audiences/1')).status).toBe(404)
  })

  it('is among others in pages, and gone once deleted', async () => {
    const account = await newAccount()
    for (const name of ['a', 'b', 'c']) await create(account, 'a@example.test', { name })
    const first = (await call(account, 'GET', '/customer_lists?page_size=2')).body
    expect(first.items).toMatchObject([{ name: 'c' }, { name: 'b' }])
    const second = (await call(account, 'GET', `/customer_lists?page_size=2&bookmark=${first.bookmark}`)).body
    expect(second).toMatchObject({ items: [{ name: 'a' }], bookmark: null })
    const upwards = (await call(account, 'GET', '/customer_lists?order=ASCENDING')).body
    expect(upwards.items).toMatchObject([{ name: 'a' }, { name: 'b' }, { name: 'c' }])
    for (const query of ['page_size=0', 'page_size=251', 'bookmark=x', 'bookmark=', 'order=x'])
      expect((await call(account, 'GET', `/customer_lists?${query}`)).body.code).toBe(1)
    const { id } = second.items[0]
    await sandbox.control('POST', `/pinterest/lists/${id}/delete`)
    expect((await call(account, 'GET', `/customer_lists/${id}`)).status).toBe(404)
    expect((await update(account, id, 'ADD', 'a@example.test')).status).toBe(404)
  })

  it.each([
    [{ name: '' }, 'name'],
    [{ records: '' }, 'records'],
    [{ records: ' , ,' }, 'records'],
    [{ records: ['a@example.test'] }, 'records'],
    [{ list_type: 'PHONE' }, 'list_type'],
    [{ colour: 'red' }, 'colour'],
  ])('is not created with %o', async (more, named) => {
    const reply = await create(await newAccount(), 'a@example.test', more)
    expect([reply.status, reply.body.code, reply.body.message]).toEqual([400, 1, expect.stringContaining(named)])
  })

  it('is not changed without an operation', async () => {
    const account = await newAccount()
    const { id } = (await create(account, 'a@example.test')).body
    expect((await update(account, id, 'REPLACE', 'b@example.test')).status).toBe(400)
    expect((await call(account, 'PATCH', `/customer_lists/${id}`, '{')).status).toBe(400)
    expect(await held(id)).toEqual([{ EMAIL: 'a@example.test' }])
  })
})

describe('access', () => {
  const refresh = async (account: Account, more: object = {}) => {
    const { client_id, client_secret, refresh_token } = { ...account.credentials, ...more }
    const response = await fetch(`${sandbox.url}/pinterest/v5/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token }),
    })
    return { status: response.status, body: await response.json() }
  }
  const status = async (account: Account, path = '') => {
    const { status, body } = await call(account, 'GET', path)
    return [status, body.code]
  }

  it('is by a token that expires and is refreshed', async () => {
    const account = await newAccount()
    expect((await call(account, 'GET', '')).body).toMatchObject({ id: account.id, permissions: ['OWNER'] })
    await advance('30d')
    expect(await status(account)).toEqual([401, 2])
    const { body } = await refresh(account)
    expect(body).toMatchObject({ token_type: 'bearer', expires_in: 2_592_000, scope: 'ads:read ads:write' })
    expect(await status({ ...account, credentials: body })).toEqual([200, undefined])
    await change(account, { token_expired: true })
    expect(await status({ ...account, credentials: body })).toEqual([401, 2])
    expect((await refresh(account, { client_secret: 'x' })).status).toBe(401)
    expect((await refresh(account, { refresh_token: 'x' })).status).toBe(401)
    await change(account, { refresh_token_expired: true })
    expect((await refresh(account)).status).toBe(401)
  })

  it('ends at the account and at the scopes', async () => {
    const [mine, theirs] = [await newAccount(), await newAccount()]
    const { id } = (await create(theirs, 'a@example.test')).body
    expect(await status({ ...mine, id: theirs.id }, '/customer_lists')).toEqual([403, 29])
    expect(await status(mine, `/customer_lists/${id}`)).toEqual([404, 4])
    await change(mine, { scopes: ['ads:read'] })
    expect((await create(mine, 'a@example.test')).body.code).toBe(29)
    expect(await status(mine, '/customer_lists')).toEqual([200, undefined])
    expect(await status(mine, '/nothing')).toEqual([404, 404])
    expect((await call(mine, 'DELETE', `/customer_lists/${id}`)).status).toBe(405)
  })

  it('has a limit of calls a minute', async () => {
    const account = await newAccount()
    await startUnit(sandbox, 'pinterest', 60_000)
    await change(account, { minute_limit: 1 })
    await status(account)
    expect(await status(account)).toEqual([429, 8])
    await advance('1m')
    expect(await status(account)).toEqual([200, undefined])
  })

  it('is given again for known credentials', async () => {
    const account = await newAccount()
    await sandbox.control('DELETE', '/pinterest')
    expect(await status(account)).toEqual([401, 2])
    const settings = { ad_account_id: account.id }
    const again = { platform: 'pinterest', settings, credentials: account.credentials }
    expect((await sandbox.control('POST', '/accounts', again)).body).toEqual({ id: account.id, ...again })
    expect(await status(account)).toEqual([200, undefined])
    expect((await refresh(account)).status).toBe(200)
    const without = await sandbox.control('POST', '/accounts', { platform: 'pinterest', settings, credentials: {} })
    expect(without.body.error).toContain('refresh_token')
  })
})

describe('a fault', () => {
  it.each([
    [{ fault: 'throttled' }, 429, 8],
    [{ fault: 'server_error' }, 503, 12],
    [{ fault: 'server_error', status: 500, code: 0 }, 500, 0],
    [{ fault: 'expired_token' }, 401, 2],
    [{ fault: 'permission' }, 403, 29],
    [{ fault: 'list_deleted' }, 404, 4],
    [{ fault: 'list_flagged' }, 403, 29],
    [{ fault: 'bad_request' }, 400, 1],
    [{ fault: 'bad_request', status: 422, code: 99 }, 422, 99],
  ])('%o answers %i with code %i, and nothing is done', async (fault, status, code) => {
    const account = await newAccount()
    const { id } = (await create(account, 'a@example.test')).body
    await order({ ...fault, match: { operation: 'update_list' } })
    const reply = await update(account, id, 'ADD', 'b@example.test')
    expect([reply.status, reply.body]).toEqual([status, { code, message: expect.any(String) }])
    expect(await held(id)).toHaveLength(1)
  })

  it('makes good records useless, which is told later', async () => {
    const account = await newAccount()
    await order({ fault: 'reject_rows', count: 2 })
    const { id } = (await create(account, 'a@example.test,b@example.test,c@example.test')).body
    expect(await held(id)).toEqual([{ EMAIL: 'c@example.test' }])
    await advance('5m')
    expect((await read(account, id)).exceptions).toEqual({ invalid_records: 2 })
  })
})

describe('the request log', () => {
  it('counts, and knows no member and no token', async () => {
    const account = await newAccount()
    await create(account, 'anna@example.test,BAD')
    const { body } = await sandbox.control('GET', '/requests?platform=pinterest&limit=10000')
    expect(body.requests.at(-1)).toMatchObject({ operation: 'create_list', received: 2, invalid: 1, status: 200 })
    for (const secret of ['anna@', account.credentials.access_token]) expect(JSON.stringify(body)).not.toContain(secret)
  })
})

describe('whatever comes, the sandbox answers', () => {
  it('with a code and a message, never with a fault of its own', async () => {
    const account = await newAccount()
    await change(account, { minute_limit: 1_000_000 })
    const { id } = (await create(account, 'a@example.test')).body
    const value = fc.oneof(
      fc.string(),
      fc.jsonValue(),
      fc.constantFrom(id, '__proto__', 'ADD', 'EMAIL', 'CUSTOMER_LIST'),
    )
    const body = fc.oneof(
      fc.jsonValue(),
      fc.record(
        { name: value, records: value, list_type: value, operation_type: value, audience_type: value, rule: value },
        { requiredKeys: [] },
      ),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PATCH', 'DELETE'),
        fc.constantFrom(
          '',
          '/customer_lists',
          `/customer_lists/${id}`,
          '/audiences',
          '/audiences/1',
          '/constructor',
          '/%ff',
        ),
        fc.oneof(
          body.map((json) => JSON.stringify(json)),
          fc.string(),
        ),
        async (method, path, text) => {
          const reply = await call(account, method, path, method === 'GET' ? undefined : text)
          expect([200, 400, 404, 405]).toContain(reply.status)
          if (reply.status >= 400) expect(reply.body).toEqual({ code: expect.any(Number), message: expect.any(String) })
        },
      ),
      { numRuns: 400 },
    )
  }, 60_000)
})
