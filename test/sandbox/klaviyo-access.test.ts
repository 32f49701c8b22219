import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { heldBy } from './support/google.ts'
import type { KlaviyoAccount } from './support/klaviyo.ts'
import {
  email,
  faults,
  idsBody,
  importBody,
  klaviyo,
  listBody,
  newKlaviyoAccount,
  newKlaviyoList,
  newProfile,
  turnClock,
  turnToNext,
} from './support/klaviyo.ts'
import { send, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()
beforeEach(() => sandbox.control('DELETE', '/faults'))

const lists = (account: KlaviyoAccount, headers: Record<string, string> = {}) =>
  klaviyo(sandbox, account, 'GET', '/api/lists', undefined, headers)
const change = (account: KlaviyoAccount, state: object) => sandbox.control('PATCH', `/accounts/${account.id}`, state)

describe('the key', () => {
  it('opens its own account', async () => {
    const account = await newKlaviyoAccount(sandbox)
    const { status, body } = await klaviyo(sandbox, account, 'GET', '/api/accounts')
    expect([status, body.data[0].id]).toEqual([200, account.id])
  })

  it('must be there, known and alive', async () => {
    const account = await newKlaviyoAccount(sandbox)
    const none = await send(`${sandbox.url}/klaviyo/api/lists`, 'GET', { revision: '2026-07-15' })
    expect(none).toMatchObject({ status: 401, body: { errors: [{ status: 401, code: 'not_authenticated' }] } })
    expect((await lists(account, { authorization: `Bearer ${account.key}` })).status).toBe(401)
    expect((await lists({ ...account, key: 'pk_wrong' })).body.errors[0].code).toBe('authentication_failed')
    await change(account, { key_revoked: true })
    expect((await lists(account)).status).toBe(401)
    const again = (private_api_key: string) =>
      sandbox.control('POST', '/accounts', {
        platform: 'klaviyo',
        settings: { account_id: account.id },
        credentials: { private_api_key },
      })
    await again(account.key)
    expect((await lists(account)).status).toBe(401)
    await again('pk_new')
    expect((await lists({ ...account, key: 'pk_new' })).status).toBe(200)
    expect(
      (await sandbox.control('POST', '/accounts', { platform: 'klaviyo', settings: { account_id: 'too long' } }))
        .status,
    ).toBe(400)
  })

  it('needs the scopes of a call', async () => {
    const account = await newKlaviyoAccount(sandbox, { scopes: ['lists:read'] })
    expect((await lists(account)).status).toBe(200)
    const reply = await klaviyo(sandbox, account, 'POST', '/api/lists', listBody({ name: 'x' }))
    expect(reply).toMatchObject({
      status: 403,
      body: { errors: [{ code: 'permission_denied', detail: expect.stringContaining('lists:write') }] },
    })
    expect((await change(account, { scopes: ['everything'] })).status).toBe(400)
    expect((await change(account, {})).status).toBe(400)
  })
})

describe('the headers', () => {
  it.each<[string, number]>([
    ['2026-07-15', 200],
    ['2025-07-15', 200],
    ['2026-07-15.pre', 200],
    ['', 400],
    ['newest', 400],
    ['2026-07-16', 400],
    ['2023-02-22', 410],
  ])('revision "%s": %i', async (revision, status) => {
    expect((await lists(await newKlaviyoAccount(sandbox), { revision })).status).toBe(status)
  })

  it('the type of a body is JSON of one kind or the other, packed or not', async () => {
    const account = await newKlaviyoAccount(sandbox)
    const create = (headers: Record<string, string>) =>
      klaviyo(sandbox, account, 'POST', '/api/lists', listBody({ name: 'x' }), headers)
    expect((await create({ 'content-type': 'application/json; charset=utf-8' })).status).toBe(201)
    expect((await create({ 'content-type': 'text/plain' })).status).toBe(415)
    expect((await create({ 'content-encoding': 'br' })).status).toBe(415)
    expect((await create({ 'content-encoding': 'gzip' })).status).toBe(415)
    const packed = await fetch(`${sandbox.url}/klaviyo/api/lists`, {
      method: 'POST',
      headers: {
        authorization: `Klaviyo-API-Key ${account.key}`,
        revision: '2026-07-15',
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
      body: new Uint8Array(gzipSync(JSON.stringify(listBody({ name: 'packed' })))),
    })
    expect(packed.status).toBe(201)
    expect((await klaviyo(sandbox, account, 'POST', '/api/lists', '{"data":')).status).toBe(400)
  })

  it('a path that is not there is 404, a method that it lacks 405', async () => {
    const account = await newKlaviyoAccount(sandbox)
    expect((await klaviyo(sandbox, account, 'GET', '/api/nothing')).status).toBe(404)
    expect((await klaviyo(sandbox, account, 'PUT', '/api/lists', {})).status).toBe(405)
  })
})

describe('rate limits', () => {
  it('tell of the minute, and refuse a full second until its time has passed', async () => {
    const account = await newKlaviyoAccount(sandbox)
    const ask = () => klaviyo(sandbox, account, 'GET', '/api/accounts')
    await turnToNext(sandbox, 'minute')
    const replies = await Promise.all([ask(), ask(), ask(), ask(), ask(), ask()])
    const refused = replies.filter(({ status }) => status === 429)
    const passed = replies.filter(({ status }) => status === 200)
    expect(passed.length).toBeGreaterThan(0)
    expect(refused.length).toBeGreaterThan(0)
    expect(passed[0]?.headers.get('ratelimit-limit')).toBe('15')
    expect(passed.map(({ headers }) => headers.get('ratelimit-remaining'))).toContain('14')
    expect(Number(passed[0]?.headers.get('ratelimit-reset'))).toBeGreaterThan(30)
    expect(refused[0]?.headers.get('retry-after')).toBe('1')
    expect(refused[0]?.headers.has('ratelimit-limit')).toBe(false)
    expect(refused[0]?.body.errors[0]).toMatchObject({
      status: 429,
      code: 'throttled',
      detail: 'Request was throttled. Expected available in 1 second.',
    })
    expect((await lists(account)).status).toBe(200)
  })

  it('refuse a full minute, and whoever comes before its end', async () => {
    const account = await newKlaviyoAccount(sandbox)
    const ask = () => klaviyo(sandbox, account, 'GET', '/api/accounts')
    await turnToNext(sandbox, 'minute')
    for (let index = 0; index < 15; index++) {
      expect((await ask()).status).toBe(200)
      await turnClock(sandbox, '2s')
    }
    const refused = await ask()
    const wait = Number(refused.headers.get('retry-after'))
    expect([refused.status, wait > 1 && wait <= 30]).toEqual([429, true])
    await turnClock(sandbox, '10s')
    expect((await ask()).status).toBe(429)
    await turnClock(sandbox, `${wait}s`)
    expect((await ask()).status).toBe(200)
  })
})

describe('faults in the words of the platform', () => {
  const fault = (order: object) => sandbox.control('POST', '/faults', { platform: 'klaviyo', ...order })
  async function start() {
    const account = await newKlaviyoAccount(sandbox)
    const list = await newKlaviyoList(sandbox, account)
    const anna = await newProfile(sandbox, account, { email: email('anna') })
    const add = () => klaviyo(sandbox, account, 'POST', `/api/lists/${list}/relationships/profiles`, idsBody(anna))
    return { account, list, anna, add }
  }

  it.each<[object, number, string]>([
    [{ fault: 'server_error' }, 500, 'server_error'],
    [{ fault: 'server_error', status: 502 }, 502, 'server_error'],
    [{ fault: 'server_error', status: 503 }, 503, 'server_error'],
    [{ fault: 'server_error', status: 504 }, 504, 'server_error'],
    [{ fault: 'server_error', status: 524 }, 524, 'server_error'],
    [{ fault: 'expired_token' }, 401, 'authentication_failed'],
    [{ fault: 'permission' }, 403, 'permission_denied'],
    [{ fault: 'list_deleted' }, 404, 'not_found'],
    [{ fault: 'list_flagged' }, 400, 'invalid'],
    [{ fault: 'bad_request' }, 400, 'invalid'],
    [{ fault: 'bad_request', reason: 'tomorrow' }, 400, 'tomorrow'],
    [{ fault: 'bad_request', status: 405 }, 405, 'method_not_allowed'],
    [{ fault: 'bad_request', status: 409 }, 409, 'duplicate_profile'],
    [{ fault: 'bad_request', status: 410 }, 410, 'revision_retired'],
    [{ fault: 'bad_request', status: 413 }, 413, 'payload_too_large'],
    [{ fault: 'bad_request', status: 415 }, 415, 'unsupported_media_type'],
  ])('%o answers once, nothing is done, and then all is well', async (order, status, code) => {
    const { list, add } = await start()
    await fault(order)
    const reply = await add()
    expect(reply).toMatchObject({
      status,
      body: { errors: [{ status, code, id: expect.any(String), detail: expect.any(String) }] },
    })
    expect(reply.headers.has('ratelimit-limit')).toBe(true)
    expect(await heldBy(sandbox, 'klaviyo', list)).toEqual([])
    expect((await add()).status).toBe(204)
  })

  it('throttled keeps on until its time has passed', async () => {
    const { add } = await start()
    await fault({ fault: 'throttled', regain_minutes: 2 })
    const reply = await add()
    expect([reply.status, reply.headers.get('retry-after'), reply.headers.has('ratelimit-limit')]).toEqual([
      429,
      '120',
      false,
    ])
    expect((await add()).status).toBe(429)
    await turnClock(sandbox, '2m')
    expect((await add()).status).toBe(204)
  })

  it('bad_request names the rows: ids where there are ids, and places elsewhere', async () => {
    const { account, anna, add } = await start()
    await fault({ fault: 'bad_request', count: 1 })
    expect((await add()).body.errors[0].detail).toBe(`Invalid profile IDs: ${anna}`)
    await fault({ fault: 'bad_request', count: 2 })
    const reply = await klaviyo(
      sandbox,
      account,
      'POST',
      '/api/profile-bulk-import-jobs',
      importBody([{ email: email('a') }]),
    )
    expect(faults(reply)).toEqual([
      ['invalid', '/data/attributes/profiles/data/0/attributes/email'],
      ['invalid', '/data/attributes/profiles/data/1/attributes/email'],
    ])
  })

  it('a page of HTML with 403 is a challenge of Cloudflare', async () => {
    const { account } = await start()
    await fault({ fault: 'html_error', status: 403 })
    const reply = await send(`${sandbox.url}/klaviyo/api/lists`, 'GET', {
      authorization: `Klaviyo-API-Key ${account.key}`,
    })
    expect([reply.status, reply.headers.get('cf-mitigated'), reply.body.startsWith('<!DOCTYPE')]).toEqual([
      403,
      'challenge',
      true,
    ])
  })
})

describe('the log and the state', () => {
  it('hold no member and no key', async () => {
    await sandbox.control('DELETE', '/klaviyo')
    const account = await newKlaviyoAccount(sandbox)
    await klaviyo(
      sandbox,
      account,
      'POST',
      '/api/profile-bulk-import-jobs',
      importBody([{ email: email('anna') }, { email: 'anna' }]),
    )
    await klaviyo(sandbox, account, 'GET', `/api/profiles?filter=${encodeURIComponent('equals(email,"anna")')}`)
    const { body: log } = await sandbox.control('GET', '/requests?platform=klaviyo')
    const { body: state } = await sandbox.control('GET', '/accounts?platform=klaviyo')
    for (const secret of ['anna', account.key]) expect(JSON.stringify([log, state])).not.toContain(secret)
    expect(log.requests).toMatchObject([
      { operation: 'bulk_import_profiles', received: 2, invalid: 1, status: 202, worked: true },
      { operation: 'get_profiles', status: 200 },
    ])
  })
})
