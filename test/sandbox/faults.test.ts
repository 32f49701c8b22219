import { beforeEach, describe, expect, it } from 'vitest'
import { send, sha256, upload, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()
beforeEach(() => sandbox.control('DELETE', '/faults'))

const fault = (order: object) => sandbox.control('POST', '/faults', { platform: 'meta', ...order })
const anna = sha256('anna@example.test')

/** A list and one upload to it: the reply, or the name of what broke. */
async function list() {
  const account = await sandbox.newAccount()
  const id = await sandbox.newAudience(account)
  const add = (signal?: AbortSignal) =>
    fetch(`${sandbox.url}/meta/v25.0/${id}/users?access_token=${account.token}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(upload(['EMAIL'], [[anna]])),
      ...(signal ? { signal } : {}),
    })
  return { account, id, add, held: () => sandbox.held(id) }
}

async function lastRequest() {
  const { body } = await sandbox.control('GET', '/requests?platform=meta&limit=10000')
  return body.requests.at(-1)
}

describe('faults in the words of the platform', () => {
  it.each<[object, number, number, number | undefined]>([
    [{ fault: 'throttled' }, 400, 80003, undefined],
    [{ fault: 'throttled', status: 429 }, 429, 80003, undefined],
    [{ fault: 'server_error' }, 500, 2, undefined],
    [{ fault: 'expired_token' }, 401, 190, 463],
    [{ fault: 'permission' }, 403, 294, undefined],
    [{ fault: 'list_deleted' }, 400, 1487366, undefined],
    [{ fault: 'list_flagged' }, 400, 100, 1713230],
    [{ fault: 'bad_request' }, 400, 100, undefined],
    [{ fault: 'bad_request', code: 2650, subcode: 1870148 }, 400, 2650, 1870148],
  ])('%o answers once, nothing is done, and then all is well', async (order, status, code, subcode) => {
    const { add, held } = await list()
    await fault(order)
    const reply = await add()
    const { error } = (await reply.json()) as { error: { code: number; error_subcode?: number } }
    expect([reply.status, error.code, error.error_subcode]).toEqual([status, code, subcode])
    expect(await held()).toEqual([])
    expect((await add()).status).toBe(200)
  })

  it('throttled tells when to come again, in minutes', async () => {
    const { account, add } = await list()
    await fault({ fault: 'throttled', regain_minutes: 12 })
    const usage = JSON.parse((await add()).headers.get('x-business-use-case-usage') ?? '{}')
    expect(Object.values(usage)[0]).toMatchObject([{ call_count: 100, estimated_time_to_regain_access: 12 }])
    expect(account.token).toBeTruthy()
  })

  it('reject_rows counts good rows as invalid and holds the others', async () => {
    const { account, id, held } = await list()
    await fault({ fault: 'reject_rows', count: 2 })
    const rows = ['a', 'b', 'c'].map((name) => [sha256(name)])
    const { body } = await sandbox.meta(account, 'POST', `/${id}/users`, upload(['EMAIL'], rows))
    expect(body).toMatchObject({ num_received: 3, num_invalid_entries: 2 })
    expect(await held()).toEqual([{ EMAIL: sha256('c') }])
  })
})

describe('faults of the connection', () => {
  it.each([
    ['drop_before', 0],
    ['drop_after', 1],
    ['drop_after_slow', 1],
  ])('%s leaves %i rows and no answer', async (name, rows) => {
    const { add, held } = await list()
    await fault({ fault: name, ms: 20 })
    await expect(add()).rejects.toThrow()
    expect(await held()).toHaveLength(rows)
    expect(await lastRequest()).toMatchObject({ fault: name, status: null, worked: rows === 1, operation: 'add_users' })
  })

  it('timeout holds the line until the client leaves, with nothing done', async () => {
    const { add, held } = await list()
    await fault({ fault: 'timeout' })
    await expect(add(AbortSignal.timeout(100))).rejects.toThrow(/timeout|aborted/i)
    expect(await held()).toEqual([])
  })

  it('timeout ends by itself when it is bounded', async () => {
    const { add } = await list()
    await fault({ fault: 'timeout', ms: 20 })
    await expect(add()).rejects.toThrow()
  })

  it('slow does the work at once and answers late', async () => {
    const { add, held } = await list()
    await fault({ fault: 'slow', ms: 400 })
    const before = performance.now()
    const answer = add()
    await expect.poll(held, { timeout: 300, interval: 10 }).toHaveLength(1)
    expect((await answer).status).toBe(200)
    expect(performance.now() - before).toBeGreaterThan(390)
  })

  it('truncated does the work and loses half of the answer, in a response that ends well', async () => {
    const { add, held } = await list()
    await fault({ fault: 'truncated' })
    const reply = await add()
    const text = await reply.text()
    expect([reply.status, text.length > 0]).toEqual([200, true])
    expect(() => JSON.parse(text)).toThrow()
    expect(await held()).toHaveLength(1)
    expect(await lastRequest()).toMatchObject({ fault: 'truncated', status: 200, worked: true })
  })

  it('html_error is a page where JSON was expected', async () => {
    const { add, held } = await list()
    await fault({ fault: 'html_error' })
    const reply = await add()
    expect([reply.status, reply.headers.get('content-type')]).toEqual([502, expect.stringContaining('text/html')])
    expect(await held()).toEqual([])
  })
})

describe('when a fault strikes', () => {
  it('counts down, after as many as it was told to let pass', async () => {
    const { add } = await list()
    await fault({ fault: 'server_error', times: 2, after: 1 })
    const statuses: number[] = []
    for (let call = 0; call < 4; call++) statuses.push((await add()).status)
    expect(statuses).toEqual([200, 500, 500, 200])
    expect((await sandbox.control('GET', '/faults')).body.faults).toMatchObject([{ fired: 2, remaining: 0 }])
  })

  it('strikes only what it is meant for', async () => {
    const { account, id, add } = await list()
    await fault({ fault: 'server_error', times: 9, match: { operation: 'remove_users' } })
    await fault({ fault: 'server_error', times: 9, match: { method: 'get', path: `/${id}` } })
    expect((await add()).status).toBe(200)
    expect((await sandbox.meta(account, 'GET', `/act_${account.id}`)).status).toBe(200)
    expect((await sandbox.meta(account, 'GET', `/${id}`)).status).toBe(500)
    expect((await sandbox.meta(account, 'DELETE', `/${id}/users`, upload(['EMAIL'], [[anna]]))).status).toBe(500)
  })

  it('draws the same for the same seed', async () => {
    const { add } = await list()
    const draws = async (seed: number) => {
      await sandbox.control('DELETE', '/faults')
      await fault({ fault: 'server_error', rate: 0.5, seed })
      const statuses: number[] = []
      for (let call = 0; call < 20; call++) statuses.push((await add()).status)
      return statuses
    }
    const first = await draws(7)
    expect(new Set(first)).toEqual(new Set([200, 500]))
    expect(await draws(7)).toEqual(first)
    expect(await draws(8)).not.toEqual(first)
  })

  it('can be taken back, one or all', async () => {
    const { add } = await list()
    const { body } = await fault({ fault: 'server_error', times: 5 })
    await fault({ fault: 'permission', times: 5 })
    await sandbox.control('DELETE', `/faults/${body.id}`)
    expect((await add()).status).toBe(403)
    await sandbox.control('DELETE', '/faults')
    expect((await add()).status).toBe(200)
  })

  it.each([
    [{ fault: 'meteor' }, 'throttled'],
    [{ fault: 'throttled', times: 0 }, 'times'],
    [{ fault: 'throttled', rate: 2 }, 'rate'],
    [{ fault: 'throttled', colour: 'red' }, 'colour'],
    [{ fault: 'throttled', match: { verb: 'GET' } }, 'verb'],
  ])('%o is answered with what was expected', async (order, expected) => {
    const reply = await fault(order)
    expect(reply.status).toBe(400)
    expect(reply.body.error).toContain(expected)
  })

  it('needs JSON', async () => {
    const reply = await send(`${sandbox.url}/_sandbox/faults`, 'POST', {}, '{')
    expect([reply.status, reply.body.error]).toEqual([400, expect.stringContaining('not JSON')])
  })
})
