import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  destination,
  google,
  hashOf,
  ingest,
  listsPath,
  newGoogleAccount,
  newList,
  postForm,
  stream,
} from './support/google.ts'
import { send, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()

const json = fc.jsonValue()
const likeIdentifier = fc.record(
  {
    emailAddress: fc.oneof(fc.constant(hashOf('a')), json),
    phoneNumber: json,
    address: fc.oneof(fc.record({ givenName: json, regionCode: json }, { requiredKeys: [] }), json),
  },
  { requiredKeys: [] },
)
const likeMember = fc.record(
  {
    userData: fc.oneof(fc.record({ userIdentifiers: fc.oneof(fc.array(likeIdentifier), json) }), json),
    mobileData: fc.oneof(fc.record({ mobileIds: json }), json),
    userIdData: fc.oneof(fc.record({ userId: json }), json),
    consent: json,
    destinationReferences: json,
    otherData: json,
  },
  { requiredKeys: [] },
)

const likePair = fc.record(
  { parameterName: fc.oneof(fc.constantFrom('segment_id', '__proto__', 'constructor'), json), value: json },
  { requiredKeys: [] },
)
const likeEvent = fc.record(
  {
    eventName: fc.oneof(fc.constantFrom('added_to_segment', '__proto__'), json),
    eventTimestamp: fc.oneof(fc.constantFrom(new Date().toISOString(), '2026-02-31T25:00:00Z'), json),
    clientId: fc.oneof(fc.constant('1.2'), json),
    appInstanceId: json,
    additionalEventParameters: fc.oneof(fc.array(likePair), json),
    userProperties: json,
    userData: fc.oneof(fc.record({ userIdentifiers: fc.oneof(fc.array(likeIdentifier), json) }), json),
    conversionValue: json,
    eventSource: json,
  },
  { requiredKeys: [] },
)

describe('whatever comes, the sandbox answers', () => {
  it("in Google's form, never with a fault of its own", async () => {
    const account = await newGoogleAccount(sandbox)
    const list = await newList(sandbox, account)
    const likeBody = fc.record(
      {
        destinations: fc.oneof(fc.constantFrom([destination(account, list)], [stream(account)]), json),
        events: fc.oneof(fc.array(likeEvent, { maxLength: 3 }), json),
        audienceMembers: fc.oneof(fc.array(likeMember, { maxLength: 3 }), json),
        encoding: fc.oneof(fc.constantFrom('HEX', 'BASE64'), json),
        consent: json,
        termsOfService: json,
        displayName: json,
        membershipDuration: fc.oneof(fc.constant('86400s'), json),
        ingestedUserListInfo: fc.oneof(fc.record({ uploadKeyTypes: json }), json),
        constructor: json,
      },
      { requiredKeys: [] },
    )
    const body = fc.oneof(
      likeBody.map((value) => JSON.stringify(value)),
      json.map((value) => JSON.stringify(value)),
      fc.string(),
    )
    const path = fc.constantFrom(
      '/v1/audienceMembers:ingest',
      '/v1/audienceMembers:remove',
      '/v1/events:ingest',
      '/v1/audienceMembers:removeAll',
      listsPath(account),
      `${listsPath(account)}/${list}?updateMask=displayName`,
      `${listsPath(account)}/__proto__`,
      '/v1/%ff',
      '/v1/__proto__',
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('POST', 'PATCH', 'PUT'), path, body, async (method, on, text) => {
        const reply = await google(sandbox, account, method, on, text)
        if (reply.status === 429)
          return void (await sandbox.control('POST', '/clock', { platform: 'google', advance: '1m' }))
        expect([200, 400, 403, 404, 401]).toContain(reply.status)
        if (reply.status !== 200)
          expect(reply.body.error).toMatchObject({ code: reply.status, status: expect.any(String) })
      }),
      { numRuns: 500 },
    )
  }, 60_000)

  it('to any query of lists and statuses', async () => {
    const account = await newGoogleAccount(sandbox)
    await newList(sandbox, account)
    const names = fc.constantFrom('filter', 'pageSize', 'pageToken', 'requestId', 'updateMask', 'validateOnly')
    const value = fc.oneof(fc.string(), fc.constant('display_name = "'), fc.constant('WzEsIngi'))
    const path = fc.constantFrom(listsPath(account), '/v1/requestStatus:retrieve')
    await fc.assert(
      fc.asyncProperty(path, fc.dictionary(names, value), async (on, query) => {
        const reply = await google(sandbox, account, 'GET', `${on}?${new URLSearchParams(query)}`)
        expect([200, 400]).toContain(reply.status)
      }),
      { numRuns: 250 },
    )
  }, 60_000)

  it('at the token endpoint and under /_sandbox', async () => {
    const { credentials } = await newGoogleAccount(sandbox)
    const grants = fc.constantFrom('refresh_token', 'urn:ietf:params:oauth:grant-type:jwt-bearer', '')
    await fc.assert(
      fc.asyncProperty(grants, fc.string(), fc.string(), async (grant_type, assertion, client_id) => {
        const jwt = fc.sample(json, 2).map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        for (const given of [assertion, [...jwt, 'x'].join('.')]) {
          const reply = await postForm(credentials.token_uri ?? '', { grant_type, assertion: given, client_id })
          expect([400, 401]).toContain(reply.status)
        }
      }),
      { numRuns: 100 },
    )
    const type = { 'content-type': 'application/json' }
    expect((await send(credentials.token_uri ?? '', 'POST', type, '[')).status).toBe(400)
    await fc.assert(
      fc.asyncProperty(json, json, async (settings, given) => {
        const body = { platform: 'google', settings, credentials: given }
        expect((await sandbox.control('POST', '/accounts', body)).status).toBeLessThan(500)
      }),
      { numRuns: 100 },
    )
  }, 60_000)

  it('to a body that says gzip and is or is not', async () => {
    const { gzipSync } = await import('node:zlib')
    const account = await newGoogleAccount(sandbox)
    const list = await newList(sandbox, account)
    const body = JSON.stringify(
      ingest(account, list, [{ userData: { userIdentifiers: [{ emailAddress: hashOf('a') }] } }]),
    )
    const post = (bytes: Buffer) =>
      fetch(`${sandbox.url}/google/v1/audienceMembers:ingest`, {
        method: 'POST',
        headers: { authorization: `Bearer ${account.token}`, 'content-encoding': 'gzip' },
        body: new Uint8Array(bytes),
      })
    expect((await post(gzipSync(body))).status).toBe(200)
    expect((await post(Buffer.from(body))).status).toBe(400)
  })
})
