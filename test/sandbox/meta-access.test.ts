import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { MetaAccount } from './support/sandbox.ts'
import { send, sha256, upload, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()
const proof = (secret: string, message: string) => createHmac('sha256', secret).update(message).digest('hex')
const change = (account: MetaAccount, changes: object) => sandbox.control('PATCH', `/accounts/${account.id}`, changes)

describe('the version in the path', () => {
  it.each([
    ['v25.0', undefined],
    ['v26.0', undefined],
    ['v24.0', 2635],
    ['v3.2', 2635],
    ['v27.0', 2500],
    ['latest', 2500],
  ])('%s', async (version, code) => {
    const account = await sandbox.newAccount()
    const reply = await send(
      `${sandbox.url}/meta/${version}/act_${account.id}?access_token=${account.token}`,
      'GET',
      {},
    )
    expect(reply.body.error?.code).toBe(code)
  })

  it('cannot be left out', async () => {
    const account = await sandbox.newAccount()
    const reply = await send(`${sandbox.url}/meta/act_${account.id}?access_token=${account.token}`, 'GET', {})
    expect(reply.body.error.code).toBe(2500)
  })
})

describe('the token', () => {
  it('is taken from the query, a form, a JSON body and the header', async () => {
    const account = await sandbox.newAccount()
    const id = await sandbox.newAudience(account)
    const address = `${sandbox.url}/meta/v25.0/${id}`
    const named = { name: 'x', access_token: account.token }
    const form = { method: 'POST', body: new URLSearchParams(named) }
    expect((await send(`${address}?access_token=${account.token}`, 'GET', {})).status).toBe(200)
    expect((await fetch(address, form)).status).toBe(200)
    expect((await send(address, 'POST', {}, named)).status).toBe(200)
    expect((await send(address, 'GET', { authorization: `Bearer ${account.token}` })).status).toBe(200)
  })

  it.each([
    ['missing', {}],
    ['unknown', { authorization: 'Bearer EAAnothing' }],
  ])('%s: 190 without a subcode', async (_, headers: Record<string, string>) => {
    const reply = await send(`${sandbox.url}/meta/v25.0/act_1/customaudiences`, 'GET', headers)
    expect(reply.body.error.code).toBe(190)
    expect(reply.body.error.error_subcode).toBeUndefined()
  })

  it('expired: 190/463, until other credentials come', async () => {
    const account = await sandbox.newAccount()
    await change(account, { token_expired: true })
    const read = (who: MetaAccount) => sandbox.meta(who, 'GET', `/act_${who.id}`)
    expect((await read(account)).body.error).toMatchObject({ code: 190, error_subcode: 463 })
    const again = (access_token: string) =>
      sandbox.control('POST', '/accounts', {
        platform: 'meta',
        settings: { ad_account_id: account.id },
        credentials: { access_token, app_secret: account.secret },
      })
    await again(account.token)
    expect((await read(account)).status).toBe(401)
    await again('EAAnew')
    expect((await read({ ...account, token: 'EAAnew' })).status).toBe(200)
  })

  it('sees nothing of another account', async () => {
    const [mine, theirs] = [await sandbox.newAccount(), await sandbox.newAccount()]
    const list = await sandbox.newAudience(theirs)
    for (const path of [`/${list}`, `/act_${theirs.id}/customaudiences`])
      expect((await sandbox.meta(mine, 'GET', path)).body.error).toMatchObject({ code: 100, error_subcode: 33 })
  })
})

describe('the proof of the app secret', () => {
  it('must be right when it is sent, and is needed only where the app requires it', async () => {
    const account = await sandbox.newAccount()
    const read = async (query: string) =>
      (await sandbox.meta(account, 'GET', `/act_${account.id}?${query}`)).body.error?.message ?? 'ok'
    const right = proof(account.secret, account.token)
    const timed = proof(account.secret, `${account.token}|1790000000`)
    expect(await read('')).toBe('ok')
    await change(account, { proof_required: true })
    expect(await read('')).toContain('require an appsecret_proof')
    expect(await read(`appsecret_proof=${right}`)).toBe('ok')
    expect(await read(`appsecret_proof=${timed}&appsecret_time=1790000000`)).toBe('ok')
    expect(await read(`appsecret_proof=${timed}`)).toContain('Invalid appsecret_proof')
    expect(await read(`appsecret_proof=${right.toUpperCase()}`)).toContain('Invalid appsecret_proof')
    await change(account, { proof_required: false })
    expect(await read('appsecret_proof=wrong')).toContain('Invalid appsecret_proof')
  })
})

describe('rights', () => {
  it.each([
    [{ permissions: ['ads_read'] }, 294, undefined],
    [{ permissions: [] }, 294, undefined],
    [{ terms_accepted: false }, 200, 1870090],
    [{ business_linked: false }, 200, 1870050],
  ])('%o refuses an upload', async (changes, code, subcode) => {
    const account = await sandbox.newAccount()
    const list = await sandbox.newAudience(account)
    await change(account, changes)
    const { error } = (await sandbox.meta(account, 'POST', `/${list}/users`, upload(['EMAIL'], [[sha256('a')]]))).body
    expect([error.code, error.error_subcode]).toEqual([code, subcode])
    expect(await sandbox.held(list)).toEqual([])
  })

  it('let a token with ads_read only read', async () => {
    const account = await sandbox.newAccount()
    await change(account, { permissions: ['ads_read'] })
    expect((await sandbox.meta(account, 'GET', `/act_${account.id}/customaudiences`)).status).toBe(200)
    await change(account, { permissions: [] })
    expect((await sandbox.meta(account, 'GET', `/act_${account.id}/customaudiences`)).body.error.code).toBe(200)
  })

  it('show whether the terms were accepted, and let them be', async () => {
    const account = await sandbox.newAccount()
    await change(account, { terms_accepted: false })
    const terms = `/act_${account.id}/customaudiencestos`
    expect((await sandbox.meta(account, 'GET', terms)).body.data).toEqual([])
    await sandbox.meta(account, 'POST', terms, { tos_id: 'custom_audience_tos' })
    expect((await sandbox.meta(account, 'GET', terms)).body.data).toHaveLength(1)
  })
})

describe('the rate limit of an account', () => {
  it('is told in the usage header, refuses with 80003 when used up, and recovers with the clock', async () => {
    const account = await sandbox.newAccount()
    const read = () => sandbox.meta(account, 'GET', `/act_${account.id}`)
    const usage = (headers: Headers) => Object.values(JSON.parse(headers.get('x-business-use-case-usage') ?? '{}'))[0]
    expect(usage((await read()).headers)).toMatchObject([{ type: 'custom_audience', call_count: 0 }])
    for (let batch = 0; batch < 100; batch++) await Promise.all(Array.from({ length: 50 }, read))
    const refused = await read()
    expect(refused.body.error.code).toBe(80003)
    const [{ call_count, estimated_time_to_regain_access }] = usage(refused.headers) as [Record<string, number>]
    expect(call_count).toBe(100)
    await sandbox.control('POST', '/clock', { platform: 'meta', advance: `${estimated_time_to_regain_access}m` })
    expect((await read()).status).toBe(200)
  })
})

describe('what Meta does not have', () => {
  it.each([
    ['GET', '/likes', 2500],
    ['GET', '/users/extra', 2500],
    ['GET', '/users', 100],
    ['PUT', '', 100],
  ])('%s of an audience%s', async (method, edge, code) => {
    const account = await sandbox.newAccount()
    const list = await sandbox.newAudience(account)
    expect((await sandbox.meta(account, method, `/${list}${edge}`)).body.error.code).toBe(code)
  })

  it('is a body beyond all measure: 413', async () => {
    const account = await sandbox.newAccount()
    const list = await sandbox.newAudience(account)
    const reply = await sandbox.meta(account, 'POST', `/${list}/users`, ' '.repeat(50 * 1024 * 1024))
    expect(reply.status).toBe(413)
    expect(reply.body.error.code).toBe(100)
  })
})
