import { describe, expect, it } from 'vitest'
import type { LinkedInAccount } from './support/linkedin.ts'
import { addEmail, linkedIn, newestVersion, segmentBody } from './support/linkedin.ts'
import type { Reply } from './support/sandbox.ts'
import { send, startUnit, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()
const linkedin = linkedIn(sandbox)
const find = (account: LinkedInAccount, headers?: Record<string, string>) =>
  linkedin.rest(
    account,
    'GET',
    `/dmpSegments?q=account&account=urn%3Ali%3AsponsoredAccount%3A${account.id}`,
    undefined,
    headers,
  )
const monthsBack = (months: number) => {
  const date = new Date()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() - months)
  return newestVersion(date)
}

describe('the headers of a call', () => {
  it.each([
    ['', 400, 'VERSION_MISSING'],
    ['202505', 426, 'NONEXISTENT_VERSION'],
    ['299901', 426, 'NONEXISTENT_VERSION'],
    ['202613', 426, 'NONEXISTENT_VERSION'],
    ['latest', 426, 'NONEXISTENT_VERSION'],
  ])('LinkedIn-Version "%s": %i %s', async (version, status, code) => {
    const reply = await find(await linkedin.newAccount(), { 'linkedin-version': version })
    expect([reply.status, reply.body.status, reply.body.code]).toEqual([status, status, code])
  })

  it('take versions of the last eleven months, and none that is older than a year', async () => {
    const account = await linkedin.newAccount()
    expect((await find(account, { 'linkedin-version': monthsBack(11) })).status).toBe(200)
    expect((await find(account, { 'linkedin-version': monthsBack(13) })).status).toBe(426)
  })

  it('need the protocol version', async () => {
    const account = await linkedin.newAccount()
    expect((await find(account, { 'x-restli-protocol-version': '' })).body.code).toBe('ILLEGAL_ARGUMENT')
    expect((await find(account, { 'x-restli-protocol-version': '1.0.0' })).status).toBe(400)
  })

  it('say that a body is JSON', async () => {
    const account = await linkedin.newAccount()
    const reply = await linkedin.rest(account, 'POST', '/dmpSegments', '{}', { 'content-type': 'text/plain' })
    expect(reply.status).toBe(415)
    expect((await linkedin.rest(account, 'POST', '/dmpSegments', '{')).status).toBe(400)
  })

  it.each([
    ['no token', '', 'EMPTY_ACCESS_TOKEN'],
    ['an unknown one', 'Bearer AQnothing', 'INVALID_ACCESS_TOKEN'],
  ])('with %s: 401', async (_, authorization, code) => {
    const reply = await find(await linkedin.newAccount(), { authorization })
    expect([reply.status, reply.body.code]).toEqual([401, code])
  })

  it('are not asked for on unknown paths and methods alone', async () => {
    const account = await linkedin.newAccount()
    expect((await linkedin.rest(account, 'GET', '/nothing')).status).toBe(404)
    expect((await linkedin.rest(account, 'PUT', '/dmpSegments')).status).toBe(405)
    expect((await send(`${sandbox.url}/linkedin/dmpSegments`, 'GET', {})).status).toBe(401)
  })
})

describe('a token', () => {
  const refresh = (account: LinkedInAccount, more?: Record<string, string>) =>
    linkedin.oauth('accessToken', {
      grant_type: 'refresh_token',
      refresh_token: account.refreshToken,
      client_id: account.clientId,
      client_secret: account.clientSecret,
      ...more,
    })

  it('expires on request, and the refresh token brings a new one', async () => {
    const account = await linkedin.newAccount()
    expect((await linkedin.change(account, { token_expired: true })).body.token_expired).toBe(true)
    const refused = await find(account)
    expect([refused.status, refused.body.serviceErrorCode]).toEqual([401, 65602])
    const { status, body } = await refresh(account)
    expect(status).toBe(200)
    expect(body).toMatchObject({ refresh_token: account.refreshToken, scope: 'rw_dmp_segments,rw_ads,r_ads' })
    expect(body.expires_in).toBe(60 * 86_400)
    expect((await find({ ...account, token: body.access_token })).status).toBe(200)
    expect((await find(account)).status).toBe(401)
  })

  it('is told active or expired by the introspection', async () => {
    const account = await linkedin.newAccount()
    const client = { client_id: account.clientId, client_secret: account.clientSecret }
    const look = async (token: string) => (await linkedin.oauth('introspectToken', { ...client, token })).body
    expect(await look(account.token)).toMatchObject({ active: true, status: 'active' })
    await linkedin.change(account, { token_expired: true })
    expect(await look(account.token)).toMatchObject({ active: false, status: 'expired' })
    expect(await look('AQnothing')).toEqual({ active: false, status: 'revoked' })
    expect((await linkedin.oauth('introspectToken', { ...client, client_secret: 'x', token: 'x' })).status).toBe(401)
  })

  it.each([
    [{ grant_type: '' }, 400, 'invalid_request'],
    [{ grant_type: 'password' }, 400, 'unsupported_grant_type'],
    [{ refresh_token: '' }, 400, 'invalid_request'],
    [{ refresh_token: 'AQother' }, 400, 'invalid_grant'],
    [{ client_secret: 'wrong' }, 401, 'invalid_client'],
  ])('is not refreshed with %o', async (more: Record<string, string>, status, error) => {
    const reply = await refresh(await linkedin.newAccount(), more)
    expect([reply.status, reply.body.error]).toEqual([status, error])
  })

  it('cannot be refreshed once the refresh token has expired, until other credentials come', async () => {
    const account = await linkedin.newAccount()
    await linkedin.change(account, { token_expired: true, refresh_token_expired: true })
    expect((await refresh(account)).body.error).toBe('invalid_grant')
    const again = (refresh_token: string) =>
      sandbox.control('POST', '/accounts', {
        platform: 'linkedin',
        settings: { ad_account_id: `urn:li:sponsoredAccount:${account.id}` },
        credentials: { client_id: account.clientId, client_secret: account.clientSecret, refresh_token },
      })
    await again(account.refreshToken)
    expect((await refresh(account)).body.error).toBe('invalid_grant')
    await again('AQreconnected')
    const { body } = await refresh({ ...account, refreshToken: 'AQreconnected' })
    expect((await find({ ...account, token: body.access_token })).status).toBe(200)
  })
})

describe('an account', () => {
  it('is made again with the credentials it had', async () => {
    const account = await linkedin.newAccount()
    const { body: made } = await sandbox.control('GET', '/accounts?platform=linkedin')
    expect(JSON.stringify(made)).not.toContain(account.token)
    await sandbox.control('DELETE', '/linkedin')
    expect((await find(account)).status).toBe(401)
    const known = {
      platform: 'linkedin',
      settings: { ad_account_id: account.id, source_platform: account.sourcePlatform },
      credentials: {
        client_id: account.clientId,
        client_secret: account.clientSecret,
        access_token: account.token,
        refresh_token: account.refreshToken,
      },
    }
    const again = await sandbox.control('POST', '/accounts', known)
    expect(again.body).toMatchObject({ settings: known.settings, credentials: known.credentials })
    expect((await find(account)).status).toBe(200)
  })

  it.each([
    [{ settings: {} }, 'ad_account_id'],
    [{ settings: { ad_account_id: 'abc' }, credentials: { access_token: 'x' } }, 'ad_account_id'],
    [{ settings: { ad_account_id: '1' }, credentials: {} }, 'refresh_token'],
  ])('%o is answered with what was expected', async (known, expected) => {
    const reply = await sandbox.control('POST', '/accounts', { platform: 'linkedin', ...known })
    expect([reply.status, reply.body.error]).toEqual([400, expect.stringContaining(expected)])
  })

  it('sees nothing of another', async () => {
    const [mine, theirs] = [await linkedin.newAccount(), await linkedin.newAccount()]
    const segment = await linkedin.readySegment(theirs)
    expect((await linkedin.rest(mine, 'GET', `/dmpSegments/${segment}`)).status).toBe(404)
    expect((await linkedin.batch(mine, segment, [addEmail('a')])).status).toBe(404)
    expect((await find({ ...mine, id: theirs.id })).status).toBe(403)
    expect((await linkedin.rest(mine, 'POST', '/dmpSegments', segmentBody(theirs))).status).toBe(403)
    expect((await linkedin.rest(mine, 'GET', `/adAccounts/${theirs.id}`)).status).toBe(403)
  })

  it('tells its state and the role of the member', async () => {
    const account = await linkedin.newAccount()
    expect((await linkedin.rest(account, 'GET', `/adAccounts/${account.id}`)).body).toMatchObject({
      id: Number(account.id),
      status: 'ACTIVE',
    })
    const users = () => linkedin.rest(account, 'GET', '/adAccountUsers?q=authenticatedUser')
    expect((await users()).body.elements).toMatchObject([{ role: 'ACCOUNT_MANAGER' }])
    await linkedin.change(account, { role: 'VIEWER' })
    expect((await users()).body.elements).toMatchObject([
      { account: `urn:li:sponsoredAccount:${account.id}`, role: 'VIEWER' },
    ])
  })

  it('refuses everything without the scope, and changes to a mere viewer', async () => {
    const account = await linkedin.newAccount()
    const segment = await linkedin.readySegment(account)
    await linkedin.change(account, { role: 'VIEWER' })
    expect((await find(account)).status).toBe(200)
    const path = `/dmpSegments/${segment}`
    for (const reply of [
      await linkedin.batch(account, segment, [addEmail('a')]),
      await linkedin.rest(account, 'POST', '/dmpSegments', segmentBody(account)),
      await linkedin.rest(account, 'POST', path, { patch: { $set: {} } }, { 'x-restli-method': 'PARTIAL_UPDATE' }),
      await linkedin.rest(account, 'DELETE', path),
      await linkedin.rest(account, 'DELETE', `/dmpSegments?ids=List(${segment})`),
    ])
      expect([reply.status, reply.body.code]).toEqual([403, 'ACCESS_DENIED'])
    await linkedin.change(account, { role: 'CAMPAIGN_MANAGER', scopes: ['rw_ads'] })
    expect((await find(account)).body.code).toBe('ACCESS_DENIED')
    expect((await linkedin.rest(account, 'GET', `/adAccounts/${account.id}`)).status).toBe(200)
    expect(await linkedin.held(segment)).toEqual([])
  })
})

describe('the limits of calls', () => {
  it('are 600 a minute for users and 300 for companies, apart from each other', async () => {
    const account = await linkedin.newAccount()
    const users = await linkedin.readySegment(account)
    const companies = await linkedin.readySegment(account, { type: 'COMPANY' })
    const spend = async (call: () => Promise<Reply>) => {
      for (let taken = 0; ; taken++) {
        const reply = await call()
        if (reply.status !== 200) return { taken, reply }
      }
    }
    await startUnit(sandbox, 'linkedin', 60_000)
    const { taken, reply } = await spend(() => linkedin.batch(account, users, []))
    // A minute that ends on the way gives the next one too.
    expect(taken).toBeGreaterThanOrEqual(600)
    expect([reply.status, reply.body.code, reply.body.message]).toEqual([
      429,
      'TOO_MANY_REQUESTS',
      expect.stringContaining('MINUTE'),
    ])
    expect((await find(account)).status).toBe(200)
    const others = await spend(() => linkedin.batch(account, companies, [], 'companies'))
    expect(others.taken).toBeGreaterThanOrEqual(300)
    await linkedin.advance('1m')
    expect((await linkedin.batch(account, users, [])).status).toBe(200)
  })

  it('have a day too, that ends at midnight UTC', async () => {
    const account = await linkedin.newAccount()
    await startUnit(sandbox, 'linkedin', 86_400_000)
    await linkedin.change(account, { daily_limit: 2 })
    expect([(await find(account)).status, (await find(account)).status]).toEqual([200, 200])
    const refused = await find(account)
    expect([refused.status, refused.body.message]).toEqual([429, expect.stringContaining('DAY')])
    await linkedin.advance('1m')
    expect((await find(account)).status).toBe(429)
    await linkedin.advance('1d')
    expect((await find(account)).status).toBe(200)
  })
})

// The last of the file: after this the clock is a year ahead.
describe('on the clock', () => {
  it('tokens last 60 days and their refresh a year, and a version ends', async () => {
    const account = await linkedin.newAccount()
    const refresh = () =>
      linkedin.oauth('accessToken', {
        grant_type: 'refresh_token',
        refresh_token: account.refreshToken,
        client_id: account.clientId,
        client_secret: account.clientSecret,
      })
    await linkedin.advance('59d')
    expect((await find(account)).status).toBe(200)
    const early = (await refresh()).body
    expect(early.refresh_token_expires_in / 86_400).toBeCloseTo(306, 0)
    await linkedin.advance('2d')
    expect((await find(account)).body.code).toBe('EXPIRED_ACCESS_TOKEN')
    await linkedin.advance('299d')
    const late = (await refresh()).body
    expect(late.expires_in / 86_400).toBeCloseTo(5, 0)
    await linkedin.advance('6d')
    expect((await refresh()).body.error).toBe('invalid_grant')
    const reconnected = await linkedin.newAccount()
    await linkedin.advance('31d')
    expect((await find(reconnected)).body.code).toBe('NONEXISTENT_VERSION')
  })
})
