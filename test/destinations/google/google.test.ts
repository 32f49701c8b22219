import { createVerify, generateKeyPairSync, hash } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { google } from '../../../destinations/google/index.ts'
import { aBatch, aReceipt, aWantedList, failureFrom, openAt } from '../open.ts'
import { type Recorded, type Reply, startRecorder } from '../recorder.ts'

const sha = (value: string) => hash('sha256', value, 'hex')
const LIST = '777'
const settings = { account_id: '123-456-7890' }
const consent = { client_id: 'id', client_secret: 'SECRET', refresh_token: 'REFRESH' }

/** An account whose tokens the recorder hands out; only other requests are kept. */
async function open(
  reply: Reply | ((request: Recorded) => Reply | undefined),
  account: { settings?: object; credentials?: object } = {},
) {
  const requests: Recorded[] = []
  const tokens: Recorded[] = []
  const recorder = await startRecorder((request) => {
    if (request.path === '/token') {
      tokens.push(request)
      return { json: { access_token: `T${tokens.length}`, expires_in: 3599, token_type: 'Bearer' } }
    }
    requests.push(request)
    return typeof reply === 'function' ? reply(request) : reply
  })
  onTestFinished(() => recorder.close())
  const opened = openAt(
    google,
    recorder.url,
    {
      settings: { ...settings, ...account.settings },
      credentials: { ...(account.credentials ?? consent), token_uri: `${recorder.url}/token` },
    },
    { sandbox: true },
  )
  return { ...opened, requests, tokens, tokenUri: `${recorder.url}/token` }
}

const batch = aBatch({
  listId: LIST,
  identifiers: ['email', 'phone', 'first_name', 'last_name', 'country', 'zip'],
  members: [
    { key: 'a', values: [sha('a@example.test'), sha('+15550100001'), sha('ana'), sha('diaz'), 'US', '94045'] },
    { key: 'b', values: [undefined, sha('+15550100002'), undefined, undefined, undefined, undefined] },
  ],
})
const taken: Reply = { json: { requestId: 'r-1' } }
const refusal = (http: number, status: string, details: object[] = []): Reply => ({
  status: http,
  json: { error: { code: http, status, message: 'CANARY jane@example.test', details } },
})
const violations = (...found: [field: string, reason: string][]) => ({
  '@type': 'type.googleapis.com/google.rpc.BadRequest',
  fieldViolations: found.map(([field, reason]) => ({ field, description: 'CANARY', reason })),
})

describe('a batch at Google', () => {
  it('is one request for one list, in the words of the API', async () => {
    const { opened, requests, paced } = await open(taken)
    expect(await opened.upload(batch)).toEqual({ state: 'accepted', reference: 'r-1', received: 2 })
    expect(requests[0]).toMatchObject({ method: 'POST', path: '/v1/audienceMembers:ingest', query: {} })
    expect(requests[0]?.headers.authorization).toBe('Bearer T1')
    expect(requests[0]?.body).toEqual({
      destinations: [
        {
          reference: 'list',
          operatingAccount: { accountType: 'GOOGLE_ADS', accountId: '1234567890' },
          productDestinationId: LIST,
        },
      ],
      audienceMembers: [
        {
          destinationReferences: ['list'],
          userData: {
            userIdentifiers: [
              { emailAddress: sha('a@example.test') },
              { phoneNumber: sha('+15550100001') },
              { address: { givenName: sha('ana'), familyName: sha('diaz'), regionCode: 'US', postalCode: '94045' } },
            ],
          },
        },
        { destinationReferences: ['list'], userData: { userIdentifiers: [{ phoneNumber: sha('+15550100002') }] } },
      ],
      encoding: 'HEX',
      termsOfService: { customerMatchTermsOfServiceStatus: 'ACCEPTED' },
    })
    expect(paced).toEqual(['google:1234567890:write:minute', 'google:1234567890:write:day'])
  })

  it('carries the consent of its members, or else of the sync', async () => {
    const { opened, requests } = await open(taken)
    const settings = { adUserData: 'granted', adPersonalization: 'denied' }
    await opened.upload({ ...batch, settings })
    expect(requests[0]?.body).toMatchObject({
      consent: { adUserData: 'CONSENT_GRANTED', adPersonalization: 'CONSENT_DENIED' },
    })
    await opened.upload({
      ...batch,
      settings,
      identifiers: ['email', 'ad_user_data'],
      members: [{ key: 'a', values: [sha('a@example.test'), 'CONSENT_DENIED'] }],
    })
    expect(requests[1]?.body).toMatchObject({
      consent: { adUserData: 'CONSENT_DENIED', adPersonalization: 'CONSENT_DENIED' },
    })
  })

  it('of removals has neither consent nor terms', async () => {
    const { opened, requests } = await open(taken)
    await opened.upload({ ...batch, operation: 'remove', settings: { adUserData: 'granted' } })
    expect(requests[0]?.path).toBe('/v1/audienceMembers:remove')
    expect(Object.keys(Object(requests[0]?.body)).sort()).toEqual(['audienceMembers', 'destinations', 'encoding'])
  })

  it('goes through a manager where there is one', async () => {
    const { opened, requests } = await open(taken, { settings: { login_account_id: '987' } })
    await opened.upload(batch)
    expect(requests[0]?.headers['login-account']).toBe('accountTypes/GOOGLE_ADS/accounts/987')
    expect(requests[0]?.body).toMatchObject({ destinations: [{ loginAccount: { accountId: '987' } }] })
  })

  it('may be of mobile ids or of user ids, which need no hash', async () => {
    const { opened, requests } = await open(taken)
    await opened.upload({ ...batch, identifiers: ['mobile_id'], members: [{ key: 'm', values: ['abc-1'] }] })
    await opened.upload({ ...batch, identifiers: ['user_id'], members: [{ key: 'u', values: ['J\u00fcrgen "1"'] }] })
    const [mobile, user] = requests.map(({ body }) => Object(body))
    expect(mobile).toMatchObject({ audienceMembers: [{ mobileData: { mobileIds: ['abc-1'] } }] })
    expect(mobile.encoding).toBeUndefined()
    expect(mobile.termsOfService).toBeDefined()
    expect(user).toMatchObject({ audienceMembers: [{ userIdData: { userId: 'J\u00fcrgen "1"' } }] })
    expect(user.termsOfService).toBeUndefined()
  })

  it('refused for single members names them, so that the rest can go', async () => {
    const bad = violations(['audience_members[1].user_data.user_identifiers[0].phone_number', 'INVALID_SHA256_FORMAT'])
    const { opened } = await open(refusal(400, 'INVALID_ARGUMENT', [bad]))
    const failure = await failureFrom(opened.upload(batch))
    expect([...failure.members]).toEqual([['b', 'Google: a hash is none (INVALID_SHA256_FORMAT)']])
    expect(failure).toMatchObject({ kind: 'config', rowsSuspect: false })
    expect(failure.message).not.toMatch(/CANARY|@/)
  })

  it.each([
    [refusal(400, 'INVALID_ARGUMENT'), { kind: 'config', rowsSuspect: true }],
    [refusal(400, 'INVALID_ARGUMENT', [violations(['destinations[0]', 'INVALID_USER_LIST_ID'])]), { listGone: true }],
    [refusal(400, 'INVALID_ARGUMENT', [violations(['destinations[0]', 'INVALID_USER_LIST_TYPE'])]), { kind: 'config' }],
    [refusal(400, 'INVALID_ARGUMENT', [violations(['', 'TERMS_AND_CONDITIONS_NOT_SIGNED'])]), { kind: 'auth' }],
    [refusal(403, 'PERMISSION_DENIED', [{ reason: 'NOT_ALLOWLISTED' }]), { kind: 'auth' }],
    [refusal(403, 'PERMISSION_DENIED', [{ reason: 'SERVICE_DISABLED' }]), { kind: 'auth' }],
    [refusal(403, 'PERMISSION_DENIED'), { kind: 'auth' }],
    [refusal(404, 'NOT_FOUND'), { listGone: true }],
    [refusal(409, 'ALREADY_EXISTS'), { kind: 'config' }],
    [refusal(409, 'ABORTED'), { kind: 'retry' }],
    [refusal(429, 'RESOURCE_EXHAUSTED'), { kind: 'throttled', retryAfterMs: 60_000 }],
    [refusal(500, 'INTERNAL'), { kind: 'retry' }],
    [refusal(503, 'UNAVAILABLE'), { kind: 'retry' }],
    [refusal(504, 'DEADLINE_EXCEEDED'), { kind: 'retry' }],
    [{ status: 502, headers: { 'content-type': 'text/html' }, text: '<html>Bad gateway</html>' }, { kind: 'retry' }],
    [{ status: 200, text: '<html>Hello</html>' }, { kind: 'retry' }],
    [{ status: 200, text: '{"requestId":"r' }, { kind: 'retry' }],
    [{ json: { id: 1 } }, { kind: 'retry', code: 'unreadable-reply' }],
  ] as const)('answered with %j fails as %j', async (reply, kind) => {
    const { opened } = await open(reply)
    expect(await failureFrom(opened.upload(batch))).toMatchObject(kind)
  })
})

describe('what became of a request at Google', () => {
  const ask = async (told: object | Reply, over: Parameters<typeof aReceipt>[0] = {}) => {
    const reply = 'status' in told || 'text' in told ? told : { json: { requestStatusPerDestination: [told] } }
    const { opened, requests } = await open(reply)
    const settled = await opened.settle(aReceipt({ listId: LIST, reference: 'r-1', rows: 100, ...over }))
    expect(requests[0]).toMatchObject({ path: '/v1/requestStatus:retrieve', query: { requestId: 'r-1' } })
    return settled
  }

  it('is asked for ever more rarely while it is being processed', async () => {
    const nextAskMinutes = async (minutes: number) => {
      const sentAt = new Date(Date.now() - minutes * 60_000)
      const settled = await ask({ requestStatus: 'PROCESSING' }, { sentAt })
      return settled.state === 'pending' ? Math.round(settled.askAgainAfterMs / 60_000) : 0
    }
    expect([await nextAskMinutes(31), await nextAskMinutes(120), await nextAskMinutes(2_000)]).toEqual([16, 60, 360])
  })

  it('is confirmed, with the range of the match rate and warnings', async () => {
    const settled = await ask({
      requestStatus: 'SUCCESS',
      warningInfo: { warningCounts: [{ recordCount: '2', reason: 'PROCESSING_WARNING_REASON_INTERNAL_ERROR' }] },
      audienceMembersIngestionStatus: {
        userDataIngestionStatus: {
          recordCount: '100',
          userIdentifierCount: '200',
          uploadMatchRateRange: 'MATCH_RATE_RANGE_41_TO_50',
        },
      },
    })
    expect(settled).toEqual({
      state: 'confirmed',
      received: 100,
      refused: 0,
      notes: { 'Match rate': '41 to 50 %', 'Warning: INTERNAL_ERROR': 2 },
    })
  })

  it('may be partial, with counts as text and reasons in words', async () => {
    const errorCounts = [{ recordCount: '3', reason: 'PROCESSING_ERROR_REASON_NO_CONSENT' }]
    expect(await ask({ requestStatus: 'PARTIAL_SUCCESS', errorInfo: { errorCounts } })).toMatchObject({
      state: 'confirmed',
      refused: 3,
      reasons: { 'Google: no consent was told, and the person needs one': 3 },
    })
    expect(await ask({ requestStatus: 'FAILED', errorInfo: { errorCounts } })).toMatchObject({
      state: 'rejected',
      refused: 100,
    })
  })

  it('is sent again where Google failed, or knows nothing of it any more', async () => {
    const errorCounts = [{ recordCount: '100', reason: 'PROCESSING_ERROR_REASON_INTERNAL_ERROR' }]
    expect(await ask({ requestStatus: 'FAILED', errorInfo: { errorCounts } })).toMatchObject({ state: 'unconfirmed' })
    const unknown = refusal(400, 'INVALID_ARGUMENT', [violations(['request_id', 'INVALID_REQUEST_ID'])])
    expect(await ask(unknown)).toEqual({ state: 'unconfirmed' })
  })
})

describe('the token of Google', () => {
  it('is fetched once with the consent of a person and kept', async () => {
    const { opened, requests, tokens } = await open(taken)
    await Promise.all([opened.upload(batch), opened.upload(batch)])
    await opened.upload(batch)
    expect(tokens.map(({ text }) => Object.fromEntries(new URLSearchParams(text)))).toEqual([
      { grant_type: 'refresh_token', client_id: 'id', client_secret: 'SECRET', refresh_token: 'REFRESH' },
    ])
    expect(requests).toHaveLength(3)
  })

  it('is fetched anew once when Google refuses it early', async () => {
    const { opened, tokens } = await open(({ headers }) =>
      headers.authorization === 'Bearer T1' ? refusal(401, 'UNAUTHENTICATED') : taken,
    )
    expect(await opened.upload(batch)).toMatchObject({ state: 'accepted' })
    expect(tokens).toHaveLength(2)
    const refused = await open(refusal(401, 'UNAUTHENTICATED'))
    expect(await failureFrom(refused.opened.upload(batch))).toMatchObject({ kind: 'auth' })
  })

  it('is asked for with an assertion signed by the key of a service account', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const key = {
      type: 'service_account',
      client_email: 'sync@project.example.test',
      private_key_id: 'k1',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      token_uri: 'http://elsewhere.example.test/token',
    }
    const { opened, tokens, tokenUri } = await open(taken, {
      credentials: { service_account_key: JSON.stringify(key) },
    })
    await opened.upload(batch)
    const form = new URLSearchParams(tokens[0]?.text)
    expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.')
    const verified = createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(publicKey, signature, 'base64url')
    expect(verified).toBe(true)
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      iss: 'sync@project.example.test',
      scope: 'https://www.googleapis.com/auth/datamanager',
      aud: tokenUri,
    })
  })

  it('needs one of two kinds of credentials, and a key file that is one', () => {
    const ok = (credentials: object) => google.credentials.safeParse(credentials).success
    expect([ok({ client_id: 'id' }), ok({ service_account_key: '{}' }), ok(consent)]).toEqual([false, false, true])
  })
})

describe('lists at Google', () => {
  const told = {
    name: `accountTypes/GOOGLE_ADS/accounts/1234567890/userLists/${LIST}`,
    id: '90071992547409931',
    displayName: 'VIP',
    description: 'Kept in step by Audience Sync [m]',
    membershipStatus: 'OPEN',
    membershipDuration: '46656000s',
    sizeInfo: { searchNetworkMembersCount: '1200' },
    ingestedUserListInfo: { uploadKeyTypes: ['CONTACT_ID'], contactIdInfo: { matchRatePercentage: 61 } },
  }

  it('are told with sizes, match rate, what they take and how long members stay', async () => {
    const { opened } = await open({ json: told })
    expect(await opened.readList(LIST)).toMatchObject({
      id: LIST,
      usable: true,
      accepts: ['email', 'phone', 'first_name', 'last_name', 'country', 'zip', 'ad_user_data', 'ad_personalization'],
      forgetsAfterMs: 540 * 86_400_000,
      facts: { 'Size in Search': 1200, 'Match rate': '61 %' },
    })
    const closed = await open({ json: { ...told, membershipStatus: 'CLOSED' } })
    expect(await closed.opened.readList(LIST)).toMatchObject({ usable: false })
    const rule = await open({ json: { ...told, ingestedUserListInfo: undefined } })
    expect((await rule.opened.readList(LIST)).problem).toMatch(/not filled by uploads/)
  })

  it('are made for one kind of identifiers and found again by their marker', async () => {
    const { opened, requests } = await open(({ method }) =>
      method === 'POST' ? { json: told } : { json: { userLists: [told] } },
    )
    const wanted = aWantedList({
      marker: 'm',
      identifiers: ['email', 'ad_user_data'],
      settings: { membershipDays: 30 },
    })
    await opened.createList(wanted)
    expect(requests[0]).toMatchObject({
      path: '/v1/accountTypes/GOOGLE_ADS/accounts/1234567890/userLists',
      body: {
        displayName: 'VIP',
        membershipDuration: '2592000s',
        ingestedUserListInfo: {
          uploadKeyTypes: ['CONTACT_ID'],
          contactIdInfo: { dataSourceType: 'DATA_SOURCE_TYPE_FIRST_PARTY' },
        },
      },
    })
    expect(await opened.findCreated(wanted)).toMatchObject({ id: LIST })
    expect(await opened.findCreated({ ...wanted, marker: 'other' })).toBeUndefined()
    const mixed = { ...wanted, identifiers: ['email', 'user_id'] }
    expect(await failureFrom(opened.createList(mixed))).toMatchObject({ kind: 'config', code: 'several-kinds' })
    const mobile = { ...wanted, identifiers: ['mobile_id'] }
    expect(await failureFrom(opened.createList(mobile))).toMatchObject({ code: 'mobile-app' })
  })

  it('are paged and searched', async () => {
    const named = (id: number, displayName: string) => ({
      ...told,
      name: told.name.replace(LIST, String(id)),
      displayName,
    })
    const { opened } = await open(({ query }) => ({
      json: query.pageToken
        ? { userLists: [named(3, 'Twofold')] }
        : { userLists: [named(1, 'One'), named(2, 'Two')], nextPageToken: 'n' },
    }))
    const first = await opened.lists({ limit: 2 })
    expect(first.next).toBe('n')
    expect((await opened.lists({ limit: 9, search: 'TWO' })).lists.map(({ id }) => id)).toEqual(['2', '3'])
  })
})

describe('the check of Google', () => {
  const list = {
    name: 'accountTypes/GOOGLE_ADS/accounts/1234567890/userLists/777',
    displayName: 'VIP',
    ingestedUserListInfo: { uploadKeyTypes: ['CONTACT_ID'] },
  }

  it('tries the terms by a dry run where there is a list to try them on', async () => {
    const { opened, requests } = await open(({ method }) =>
      method === 'GET'
        ? { json: { userLists: [list] } }
        : refusal(400, 'INVALID_ARGUMENT', [violations(['', 'TERMS_AND_CONDITIONS_NOT_SIGNED'])]),
    )
    const verdict = await opened.check()
    expect(verdict.problems[0]?.what).toMatch(/terms/)
    expect(requests[1]?.body).toMatchObject({ validateOnly: true })
    const well = await open(({ method }) => (method === 'GET' ? { json: { userLists: [list] } } : taken))
    expect(await well.opened.check()).toEqual({ ok: true, account: '1234567890', problems: [] })
  })

  it('names a missing permission', async () => {
    const { opened } = await open(refusal(403, 'PERMISSION_DENIED'))
    expect(await opened.check()).toMatchObject({ ok: false, problems: [{ code: 'PERMISSION_DENIED' }] })
  })
})
