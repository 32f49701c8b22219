import { describe, expect, it } from 'vitest'
import { send, sha256, upload, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()

describe('/_sandbox', () => {
  it('says what is there', async () => {
    const { body } = await sandbox.control('GET', '')
    expect(body.platforms).toContainEqual({ name: 'meta', api: '/meta', lists: '/_sandbox/meta/lists' })
    expect(body.faults).toContain('drop_after')
  })

  it.each([
    ['GET', '/weather', 404],
    ['GET', '/mars/lists', 404],
    ['GET', '/meta/lists/1', 404],
    ['GET', '/requests?platform=mars', 404],
    ['GET', '/requests?after=x', 400],
    ['DELETE', '/faults/fault-999', 404],
    ['DELETE', '/mars', 404],
  ])('%s %s is a plain error', async (method, path, status) => {
    const reply = await sandbox.control(method, path)
    expect(reply.status).toBe(status)
    expect(reply.body).toEqual({ error: expect.stringMatching(/\w+ .*\.$/) })
  })

  it('lists what is held, with counts and pages', async () => {
    const account = await sandbox.newAccount()
    const id = await sandbox.newAudience(account, { name: 'Held' })
    const rows = ['a', 'b', 'c'].map((name) => [sha256(name)])
    await sandbox.meta(account, 'POST', `/${id}/users`, upload(['EMAIL'], rows))
    const { body } = await sandbox.control('GET', '/meta/lists')
    expect(body.lists).toContainEqual({ id, name: 'Held', count: 3 })
    const first = (await sandbox.control('GET', `/meta/lists/${id}?limit=2`)).body
    expect(first).toMatchObject({
      id,
      name: 'Held',
      count: 3,
      members: [{ EMAIL: rows[0]?.[0] }, { EMAIL: rows[1]?.[0] }],
    })
    const second = (await sandbox.control('GET', `/meta/lists/${id}?limit=2&after=${first.next}`)).body
    expect(second).toMatchObject({ members: [{ EMAIL: rows[2]?.[0] }], next: null })
  })

  it('refuses an unknown action on a list by naming those there are', async () => {
    const id = await sandbox.newAudience(await sandbox.newAccount())
    const reply = await sandbox.control('POST', `/meta/lists/${id}/explode`)
    expect(reply.body.error).toContain('flag, unflag')
  })
})

describe('the request log', () => {
  it('counts rows and names operations, and holds no member and no secret', async () => {
    const account = await sandbox.newAccount()
    const id = await sandbox.newAudience(account)
    const [email, bad] = [sha256('canary'), 'canary@example.test']
    const body = upload(['EMAIL'], [[email], [bad]], { session_id: 77, batch_seq: 1 })
    await sandbox.meta(account, 'POST', `/${id}/users`, body)
    const payload = encodeURIComponent(JSON.stringify({ schema: ['EMAIL'], data: [[email]] }))
    const address = `${sandbox.url}/meta/v25.0/${id}/users?access_token=${account.token}&payload=${payload}`
    expect((await send(address, 'DELETE', {})).status).toBe(200)
    const { body: log } = await sandbox.control('GET', '/requests?platform=meta')
    expect(log.requests.slice(-2)).toMatchObject([
      {
        method: 'POST',
        path: `/meta/v25.0/${id}/users`,
        status: 200,
        operation: 'add_users',
        received: 2,
        invalid: 1,
        session_id: '77',
        batch_seq: 1,
        worked: true,
        fault: null,
      },
      { method: 'DELETE', path: `/meta/v25.0/${id}/users`, operation: 'remove_users', received: 1 },
    ])
    for (const secret of [email, bad, account.token]) expect(JSON.stringify(log)).not.toContain(secret)
  })

  it('goes on after a place, page by page', async () => {
    const account = await sandbox.newAccount()
    for (let call = 0; call < 3; call++) await sandbox.meta(account, 'GET', `/act_${account.id}`)
    const { body: all } = await sandbox.control('GET', '/requests')
    const from = all.requests.at(-3).seq - 1
    const { body: page } = await sandbox.control('GET', `/requests?after=${from}&limit=2`)
    expect(page.requests.map(({ seq }: { seq: number }) => seq)).toEqual([from + 1, from + 2])
    const { body: rest } = await sandbox.control('GET', `/requests?after=${page.next}&limit=2`)
    expect([rest.requests.length, rest.next]).toEqual([1, null])
  })
})

describe('accounts', () => {
  it('are new at each call, and work', async () => {
    const [one, two] = [await sandbox.newAccount(), await sandbox.newAccount()]
    expect(one.id).not.toBe(two.id)
    expect((await sandbox.meta(one, 'GET', `/act_${one.id}`)).body.account_id).toBe(one.id)
  })

  it('can be made again after everything was forgotten, any number of times', async () => {
    const account = await sandbox.newAccount()
    const list = await sandbox.newAudience(account)
    await sandbox.control('DELETE', '/meta')
    expect((await sandbox.meta(account, 'GET', `/act_${account.id}`)).body.error.code).toBe(190)
    const known = {
      platform: 'meta',
      settings: { ad_account_id: `act_${account.id}` },
      credentials: { access_token: account.token, app_secret: account.secret },
    }
    const again = await sandbox.control('POST', '/accounts', known)
    expect((await sandbox.control('POST', '/accounts', known)).body).toEqual(again.body)
    expect(again.body).toMatchObject({ settings: { ad_account_id: account.id }, credentials: known.credentials })
    expect((await sandbox.meta(account, 'GET', `/act_${account.id}`)).status).toBe(200)
    expect(await sandbox.newAudience(account)).not.toBe(list)
  })

  it.each([
    [{}, 'platform'],
    [{ platform: 'mars' }, 'mars'],
    [{ platform: 'meta', settings: {} }, 'ad_account_id'],
    [{ platform: 'meta', settings: { ad_account_id: 'abc' }, credentials: { access_token: 'x' } }, 'ad_account_id'],
    [{ platform: 'meta', settings: { ad_account_id: '1' } }, 'access_token'],
  ])('%o is answered with what was expected', async (body, expected) => {
    const reply = await sandbox.control('POST', '/accounts', body)
    expect(reply.status).toBeGreaterThanOrEqual(400)
    expect(reply.body.error).toContain(expected)
  })

  it('refuse changes that nobody knows', async () => {
    const account = await sandbox.newAccount()
    const change = (body: object) => sandbox.control('PATCH', `/accounts/${account.id}`, body)
    expect((await change({ colour: 'red' })).body.error).toContain('colour')
    expect((await change({})).body.error).toContain('token_expired')
    expect((await change({ terms_accepted: false })).body).toMatchObject({ platform: 'meta', terms_accepted: false })
    expect((await sandbox.control('PATCH', '/accounts/1', { terms_accepted: true })).status).toBe(404)
  })
})

describe('the clock', () => {
  it('is turned forward by a duration', async () => {
    const before = (await sandbox.control('GET', '/clock')).body.clocks[0]
    const after = (await sandbox.control('POST', '/clock', { platform: 'meta', advance: '1h30m' })).body
    expect(after.ahead_seconds - before.ahead_seconds).toBe(5_400)
  })

  it.each(['', '30', '30 minutes', '-5m', '1.5h'])('does not take "%s"', async (advance) => {
    const reply = await sandbox.control('POST', '/clock', { platform: 'meta', advance })
    expect([reply.status, reply.body.error]).toEqual([400, expect.stringContaining('30m')])
  })
})
