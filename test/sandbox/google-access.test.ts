import { createSign, generateKeyPairSync } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import type { GoogleAccount } from './support/google.ts'
import {
  byEmail,
  destination,
  fetchToken,
  google,
  heldBy,
  ingest,
  listsPath,
  newGoogleAccount,
  newList,
  postForm,
  scope,
  statusOf,
  violations,
} from './support/google.ts'
import { send, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()
beforeEach(() => sandbox.control('DELETE', '/faults'))

const readLists = (account: { id: string; token: string }, headers = {}) =>
  google(sandbox, account, 'GET', listsPath(account), undefined, headers)
const change = (account: { id: string }, state: object) => sandbox.control('PATCH', `/accounts/${account.id}`, state)
const advance = (time: string) => sandbox.control('POST', '/clock', { platform: 'google', advance: time })

describe('tokens by a refresh token', () => {
  it('open the API for an hour of the platform, and another one does again', async () => {
    const account = await newGoogleAccount(sandbox)
    const reply = await fetchToken(account.credentials)
    expect(reply.body).toEqual({
      access_token: expect.stringMatching(/^ya29\./),
      expires_in: 3_599,
      scope,
      token_type: 'Bearer',
    })
    expect((await readLists(account)).status).toBe(200)
    await advance('1h')
    expect(await readLists(account)).toMatchObject({
      status: 401,
      body: { error: { status: 'UNAUTHENTICATED', details: [{ reason: 'ACCESS_TOKEN_EXPIRED' }, {}] } },
    })
    const { body } = await fetchToken(account.credentials)
    expect((await readLists({ ...account, token: body.access_token })).status).toBe(200)
  })

  it.each<[object, number, string]>([
    [{ refresh_token: 'wrong' }, 400, 'invalid_grant'],
    [{ refresh_token: '' }, 400, 'invalid_request'],
    [{ client_secret: 'wrong' }, 401, 'invalid_client'],
    [{ client_id: 'wrong' }, 401, 'invalid_client'],
    [{ client_id: '' }, 400, 'invalid_request'],
    [{ grant_type: 'password' }, 400, 'unsupported_grant_type'],
    [{ grant_type: '' }, 400, 'invalid_request'],
  ])('are refused for %o', async (changes, status, error) => {
    const account = await newGoogleAccount(sandbox)
    const reply = await fetchToken(account.credentials, { ...changes })
    expect(reply).toMatchObject({ status, body: { error, error_description: expect.any(String) } })
  })

  it('end when the consent is taken back, and come again by a reconnection', async () => {
    const account = await newGoogleAccount(sandbox)
    await change(account, { refresh_token_revoked: true })
    expect((await readLists(account)).status).toBe(401)
    expect(await fetchToken(account.credentials)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    const again = (refresh_token: string) =>
      sandbox.control('POST', '/accounts', {
        platform: 'google',
        settings: { account_id: account.id },
        credentials: { ...account.credentials, refresh_token },
      })
    await again(account.credentials.refresh_token ?? '')
    expect((await fetchToken(account.credentials)).status).toBe(400)
    const { body } = await again('1//new')
    expect((await fetchToken(body.credentials)).status).toBe(200)
  })

  it('can all be made to expire at once', async () => {
    const account = await newGoogleAccount(sandbox)
    await change(account, { token_expired: true })
    expect((await readLists(account)).status).toBe(401)
    expect((await fetchToken(account.credentials)).status).toBe(200)
  })
})

interface Key {
  client_email: string
  private_key: string
  token_uri: string
}

/** An assertion that the key signs. */
function assertion(key: Key, claims: object = {}, header: object = {}): string {
  const now = Math.floor(Date.now() / 1_000)
  const body = { iss: key.client_email, scope, aud: key.token_uri, iat: now, exp: now + 3_600, ...claims }
  const text = [{ alg: 'RS256', typ: 'JWT', ...header }, body]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key.private_key, 'base64url')}`
}

describe('tokens by a service account', () => {
  const start = async () => {
    const account = await newGoogleAccount(sandbox)
    const key: Key = JSON.parse(account.credentials.service_account_key ?? '')
    const grant = (jwt: string) =>
      postForm(key.token_uri, { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: jwt })
    return { account, key, grant }
  }

  it('open the API', async () => {
    const { account, key, grant } = await start()
    const { body } = await grant(assertion(key))
    expect((await readLists({ ...account, token: body.access_token })).status).toBe(200)
    expect((await grant(assertion(key, { aud: 'https://oauth2.googleapis.com/token' }))).status).toBe(200)
  })

  it.each<[string, object, object, string]>([
    ['one that is too long-lived', { exp: Math.floor(Date.now() / 1_000) + 7_200 }, {}, 'invalid_grant'],
    ['one of yesterday', { iat: 1_700_000_000, exp: 1_700_003_600 }, {}, 'invalid_grant'],
    ['another audience', { aud: 'https://example.test/' }, {}, 'invalid_grant'],
    ['an unknown account', { iss: 'nobody@example.test' }, {}, 'invalid_grant'],
    ['no scope', { scope: '' }, {}, 'invalid_scope'],
    ['a scope that is none', { scope: 'everything' }, {}, 'invalid_scope'],
    ['a claim of another type', { iat: 'now' }, {}, 'invalid_grant'],
    ['another algorithm', {}, { alg: 'none' }, 'invalid_grant'],
  ])('are refused for %s', async (_, claims, header, error) => {
    const { key, grant } = await start()
    expect(await grant(assertion(key, claims, header))).toMatchObject({ status: 400, body: { error } })
  })

  it('are refused for the signature of another key, and for what is no assertion', async () => {
    const { key, grant } = await start()
    const other = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    const forged = await grant(assertion({ ...key, private_key: other.privateKey }))
    expect(forged.body).toEqual({ error: 'invalid_grant', error_description: 'Invalid JWT Signature.' })
    expect((await grant('a.b.c')).body.error).toBe('invalid_grant')
    expect((await grant('')).body.error).toBe('invalid_grant')
  })

  it('need the scope of the Data Manager API', async () => {
    const { account, key, grant } = await start()
    const { body } = await grant(assertion(key, { scope: 'https://www.googleapis.com/auth/adwords' }))
    expect(await readLists({ ...account, token: body.access_token })).toMatchObject({
      status: 403,
      body: { error: { status: 'PERMISSION_DENIED', details: [{ reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' }, {}] } },
    })
  })

  it("come from a key of one's own after a reconnection", async () => {
    const { account, key } = await start()
    const own = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    }).privateKey
    const mine = { ...key, client_email: 'own@example.test', private_key: own }
    const again = (service_account_key: string) =>
      sandbox.control('POST', '/accounts', {
        platform: 'google',
        settings: { account_id: account.id },
        credentials: { service_account_key },
      })
    expect((await again(JSON.stringify(mine))).status).toBe(201)
    expect(
      (
        await postForm(key.token_uri, {
          grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
          assertion: assertion(mine),
        })
      ).status,
    ).toBe(200)
    expect((await again('{}')).status).toBe(400)
    expect((await again('nope')).status).toBe(400)
    expect((await again(JSON.stringify({ ...mine, private_key: 'x' }))).status).toBe(400)
  })
})

describe('rights', () => {
  it('none without a token, or with one that nobody gave out', async () => {
    const account = await newGoogleAccount(sandbox)
    const reply = await send(`${sandbox.url}/google${listsPath(account)}`, 'GET', {})
    expect(reply).toMatchObject({ status: 401, body: { error: { details: [{ reason: 'CREDENTIALS_MISSING' }, {}] } } })
    expect(reply.headers.get('www-authenticate')).toContain('Bearer')
    expect((await readLists({ ...account, token: 'made-up' })).status).toBe(401)
  })

  it("none at another account, nor while the API is off or the user's access is gone", async () => {
    const [one, two] = [await newGoogleAccount(sandbox), await newGoogleAccount(sandbox)]
    const list = await newList(sandbox, two)
    expect(await readLists({ id: two.id, token: one.token })).toMatchObject({
      status: 403,
      body: { error: { status: 'PERMISSION_DENIED' } },
    })
    const reply = await google(sandbox, one, 'POST', '/v1/audienceMembers:ingest', ingest(two, list, byEmail('a')))
    expect(reply.status).toBe(403)
    await change(one, { access: 'none' })
    expect((await readLists(one)).status).toBe(403)
    await change(one, { access: 'direct', api_enabled: false })
    expect((await readLists(one)).body.error.details[0].reason).toBe('SERVICE_DISABLED')
  })

  it('at several accounts by one consent, in one request and with one quota', async () => {
    const one = await newGoogleAccount(sandbox)
    const settings = { account_type: 'GOOGLE_ADS', account_id: '1234567890' }
    const made = { platform: 'google', settings, credentials: one.credentials }
    const two = { ...one, id: (await sandbox.control('POST', '/accounts', made)).body.id }
    const lists = [await newList(sandbox, one), await newList(sandbox, two)]
    const destinations = [destination(one, lists[0] ?? ''), destination(two, lists[1] ?? '')]
    const upload = () =>
      google(sandbox, one, 'POST', '/v1/audienceMembers:ingest', ingest(one, '', byEmail('a'), { destinations }))
    const { body } = await upload()
    for (const list of lists) expect(await heldBy(sandbox, 'google', list)).toHaveLength(1)
    expect((await statusOf(sandbox, two, body.requestId)).body.requestStatusPerDestination).toHaveLength(2)
    await change(two, { terms_accepted: false })
    expect(violations(await upload()).map(([, reason]) => reason)).toEqual(['TERMS_AND_CONDITIONS_NOT_SIGNED'])
    await change(two, { refresh_token_revoked: true })
    expect((await readLists(one)).status).toBe(401)
    expect((await fetchToken(one.credentials)).status).toBe(400)
  })

  it('through a manager by the login account, in the body or in a header', async () => {
    const account = await newGoogleAccount(sandbox)
    const { body } = await change(account, { access: 'manager' })
    const manager = { 'login-account': `accountTypes/GOOGLE_ADS/accounts/${body.manager_id}` }
    expect((await readLists(account)).status).toBe(403)
    expect((await readLists(account, manager)).status).toBe(200)
    expect((await readLists(account, { 'login-account': 'x' })).status).toBe(400)
    expect((await readLists(account, { ...manager, 'linked-account': manager['login-account'] })).status).toBe(400)
    const created = await google(
      sandbox,
      account,
      'POST',
      listsPath(account),
      { displayName: 'x', ingestedUserListInfo: { uploadKeyTypes: ['CONTACT_ID'] } },
      manager,
    )
    const upload = (loginAccount?: object) =>
      google(sandbox, account, 'POST', '/v1/audienceMembers:ingest', {
        ...ingest(account, created.body.id, byEmail('a')),
        destinations: [
          {
            operatingAccount: { accountType: 'GOOGLE_ADS', accountId: account.id },
            productDestinationId: created.body.id,
            ...(loginAccount ? { loginAccount } : {}),
          },
        ],
      })
    expect((await upload()).status).toBe(403)
    expect((await upload({ accountType: 'GOOGLE_ADS', accountId: body.manager_id })).status).toBe(200)
    expect((await upload({ accountType: 'GOOGLE_ADS', accountId: '1111111111' })).status).toBe(403)
  })
})

describe('quotas', () => {
  it('are 300 a minute, apart for writes, statuses and lists', async () => {
    const account = await newGoogleAccount(sandbox)
    // At the beginning of a minute of the platform, so that the calls below fall into one.
    const { body: clock } = await sandbox.control('GET', '/clock')
    const now = Date.parse(clock.clocks.find(({ platform }: { platform: string }) => platform === 'google').now)
    await advance(`${60_000 - (now % 60_000)}ms`)
    const ask = () => statusOf(sandbox, account, 'x')
    const replies = []
    for (let batch = 0; batch < 6; batch++) replies.push(...(await Promise.all(Array.from({ length: 50 }, ask))))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([400]))
    expect(await ask()).toMatchObject({
      status: 429,
      body: {
        error: {
          code: 429,
          status: 'RESOURCE_EXHAUSTED',
          details: [
            { metadata: { quota_limit: 'IngestionReadRequestsPerMinutePerProject', quota_limit_value: '300' } },
            {},
          ],
        },
      },
    })
    expect((await readLists(account)).status).toBe(200)
    await advance('1m')
    expect((await ask()).status).toBe(400)
  })
})

describe('faults in the words of the platform', () => {
  const start = async (): Promise<{ account: GoogleAccount; list: string; add: () => ReturnType<typeof google> }> => {
    const account = await newGoogleAccount(sandbox)
    const list = await newList(sandbox, account)
    const add = () =>
      google(sandbox, account, 'POST', '/v1/audienceMembers:ingest', ingest(account, list, byEmail('a')))
    return { account, list, add }
  }
  const fault = (order: object) => sandbox.control('POST', '/faults', { platform: 'google', ...order })

  it.each<[object, number, string, string]>([
    [{ fault: 'throttled' }, 429, 'RESOURCE_EXHAUSTED', 'RESOURCE_EXHAUSTED'],
    [{ fault: 'server_error' }, 500, 'INTERNAL', 'INTERNAL_ERROR'],
    [{ fault: 'server_error', status: 503 }, 503, 'UNAVAILABLE', 'INTERNAL_ERROR'],
    [{ fault: 'server_error', status: 504 }, 504, 'DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED'],
    [{ fault: 'expired_token' }, 401, 'UNAUTHENTICATED', 'ACCESS_TOKEN_EXPIRED'],
    [{ fault: 'permission' }, 403, 'PERMISSION_DENIED', 'PERMISSION_DENIED'],
    [{ fault: 'bad_request', status: 404 }, 404, 'NOT_FOUND', 'NOT_FOUND'],
    [{ fault: 'bad_request', status: 409 }, 409, 'ABORTED', 'ABORTED'],
    [{ fault: 'bad_request', reason: 'ALREADY_EXISTS' }, 409, 'ALREADY_EXISTS', 'ALREADY_EXISTS'],
    [{ fault: 'bad_request' }, 400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT'],
  ])('%o answers once, nothing is done, and then all is well', async (order, status, code, reason) => {
    const { list, add } = await start()
    await fault(order)
    const reply = await add()
    expect(reply).toMatchObject({ status, body: { error: { code: status, status: code } } })
    expect(reply.body.error.details[0]).toMatchObject({ '@type': expect.stringContaining('ErrorInfo'), reason })
    expect(await heldBy(sandbox, 'google', list)).toEqual([])
    expect((await add()).status).toBe(200)
  })

  it.each<[object, [string, string][]]>([
    [{ fault: 'list_deleted' }, [['destinations[0].product_destination_id', 'INVALID_USER_LIST_ID']]],
    [{ fault: 'list_flagged' }, [['destinations[0].product_destination_id', 'SENSITIVE_USER_LIST_IMMUTABLE']]],
    [
      { fault: 'bad_request', reason: 'INVALID_SHA256_FORMAT', count: 2 },
      [
        ['audience_members[0]', 'INVALID_SHA256_FORMAT'],
        ['audience_members[1]', 'INVALID_SHA256_FORMAT'],
      ],
    ],
    [{ fault: 'bad_request', reason: 'TOMORROWS_REASON' }, [['audience_members[0]', 'TOMORROWS_REASON']]],
  ])('%o names the field', async (order, expected) => {
    const { add } = await start()
    await fault(order)
    expect(violations(await add())).toEqual(expected)
  })

  it('list_deleted is 404 where the list itself is asked for', async () => {
    const { account, list } = await start()
    await fault({ fault: 'list_deleted' })
    expect((await google(sandbox, account, 'GET', `${listsPath(account)}/${list}`)).status).toBe(404)
  })

  it('the token endpoint has faults of its own', async () => {
    const { account } = await start()
    const match = { operation: 'issue_token' }
    await fault({ fault: 'expired_token', match })
    expect(await fetchToken(account.credentials)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    await fault({ fault: 'server_error', status: 503, match })
    expect((await fetchToken(account.credentials)).status).toBe(503)
    await fault({ fault: 'throttled', match })
    expect((await fetchToken(account.credentials)).status).toBe(429)
  })
})

describe('the log and the state', () => {
  it('hold no member, no token and no secret', async () => {
    await sandbox.control('DELETE', '/google')
    const account = await newGoogleAccount(sandbox)
    const list = await newList(sandbox, account, { displayName: 'Named' })
    await google(sandbox, account, 'POST', '/v1/audienceMembers:ingest', ingest(account, list, byEmail('anna')))
    await google(sandbox, account, 'GET', `${listsPath(account)}?filter=${encodeURIComponent('display_name = "anna"')}`)
    const { body: log } = await sandbox.control('GET', '/requests?platform=google')
    const { body: state } = await sandbox.control('GET', '/accounts?platform=google')
    const text = JSON.stringify([log, state])
    const { client_secret = '', refresh_token = '' } = account.credentials
    for (const secret of ['anna', account.token, client_secret, refresh_token, 'PRIVATE KEY'])
      expect(text).not.toContain(secret)
    expect(log.requests.map(({ operation }: { operation: string }) => operation)).toEqual([
      'issue_token',
      'create_list',
      'ingest_members',
      'list_lists',
    ])
  })

  it('know what may be changed', async () => {
    const account = await newGoogleAccount(sandbox)
    expect((await change(account, {})).status).toBe(400)
    expect((await change(account, { colour: 'red' })).status).toBe(400)
    expect((await change({ id: '123' }, { token_expired: true })).status).toBe(404)
  })
})
