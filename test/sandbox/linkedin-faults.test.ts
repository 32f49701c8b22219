import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addEmail, batchCreate, linkedIn } from './support/linkedin.ts'
import { sha256, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()
const linkedin = linkedIn(sandbox)
const order = (fault: object) => sandbox.control('POST', '/faults', { platform: 'linkedin', ...fault })

describe('a fault', () => {
  it.each([
    [{ fault: 'throttled' }, 429, 'TOO_MANY_REQUESTS'],
    [{ fault: 'throttled', reason: 'DAY' }, 429, 'TOO_MANY_REQUESTS'],
    [{ fault: 'server_error' }, 500, 'INTERNAL_SERVER_ERROR'],
    [{ fault: 'server_error', status: 503 }, 503, 'INTERNAL_SERVER_ERROR'],
    [{ fault: 'expired_token' }, 401, 'EXPIRED_ACCESS_TOKEN'],
    [{ fault: 'permission' }, 403, 'ACCESS_DENIED'],
    [{ fault: 'list_deleted' }, 404, 'RESOURCE_NOT_FOUND'],
    [{ fault: 'list_flagged' }, 400, 'INVALID_SEGMENT'],
    [{ fault: 'bad_request' }, 400, 'ILLEGAL_ARGUMENT'],
    [{ fault: 'bad_request', reason: 'VERSION_MISSING' }, 400, 'VERSION_MISSING'],
    [{ fault: 'bad_request', status: 400, reason: 'NONEXISTENT_VERSION' }, 400, 'NONEXISTENT_VERSION'],
    [{ fault: 'bad_request', status: 426 }, 426, 'NONEXISTENT_VERSION'],
    [{ fault: 'bad_request', status: 401 }, 401, 'INVALID_ACCESS_TOKEN'],
    [{ fault: 'bad_request', status: 415 }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [{ fault: 'bad_request', status: 422, code: 7 }, 422, 'INTERNAL_SERVER_ERROR'],
  ])('%o answers %i %s, and nothing is done', async (fault, status, code) => {
    const account = await linkedin.newAccount()
    const segment = await linkedin.readySegment(account)
    await order({ ...fault, match: { operation: 'change_users' } })
    const reply = await linkedin.batch(account, segment, [addEmail('a')])
    expect([reply.status, reply.body.status, reply.body.code]).toEqual([status, status, code])
    expect(await linkedin.held(segment)).toEqual([])
    expect((await linkedin.batch(account, segment, [addEmail('a')])).status).toBe(200)
  })

  it('refuses good members for a given reason', async () => {
    const account = await linkedin.newAccount()
    const segment = await linkedin.readySegment(account)
    await order({ fault: 'reject_rows', count: 2, reason: 'No match' })
    const { body } = await linkedin.batch(
      account,
      segment,
      ['a', 'b', 'c'].map((email) => addEmail(email)),
    )
    expect(body.elements).toMatchObject([
      { status: 400, error: { message: 'No match' } },
      { status: 400, batchIndex: 1 },
      { status: 201 },
    ])
    expect(await linkedin.held(segment)).toEqual([{ SHA256_EMAIL: sha256('c') }])
  })

  it.each([
    ['expired_token', 400, 'invalid_grant'],
    ['permission', 401, 'invalid_client'],
    ['server_error', 500, 'server_error'],
    ['throttled', 429, 'throttled'],
    ['bad_request', 400, 'invalid_request'],
  ])('of the token endpoint: %s', async (fault, status, error) => {
    await order({ fault, match: { operation: 'refresh_token' } })
    const reply = await linkedin.oauth('accessToken', { grant_type: 'refresh_token' })
    expect([reply.status, reply.body.error]).toEqual([status, error])
  })
})

describe('the request log', () => {
  it('counts, and knows no member and no token', async () => {
    const account = await linkedin.newAccount()
    const segment = await linkedin.readySegment(account, { sourceSegmentId: 'ours' })
    await linkedin.batch(account, segment, [addEmail('a'), addEmail('b', { action: 'x' })])
    await linkedin.oauth('accessToken', { grant_type: 'refresh_token', refresh_token: account.refreshToken })
    const { body } = await sandbox.control('GET', '/requests?platform=linkedin&limit=10000')
    expect(body.requests.slice(-2)).toMatchObject([
      { operation: 'change_users', status: 200, received: 2, invalid: 1, worked: true },
      { operation: 'refresh_token', status: 400 },
    ])
    const log = JSON.stringify(body)
    for (const secret of [sha256('a'), sha256('b'), account.token, account.refreshToken])
      expect(log).not.toContain(secret)
  })
})

describe('whatever comes, the sandbox answers', () => {
  it('in the words of LinkedIn, never with a fault of its own', async () => {
    const account = await linkedin.newAccount()
    const segment = await linkedin.readySegment(account)
    const companies = await linkedin.readySegment(account, { type: 'COMPANY' })
    const value = fc.oneof(fc.string(), fc.jsonValue(), fc.constant(sha256('a')), fc.constant('__proto__'))
    const element = fc.oneof(
      fc.record(
        {
          action: fc.constantFrom('ADD', 'REMOVE', 1),
          userIds: fc.oneof(fc.array(fc.record({ idType: value, idValue: value }), { maxLength: 2 }), fc.jsonValue()),
          firstName: value,
          companyWebsiteDomain: value,
          __proto__: value,
        },
        { requiredKeys: [] },
      ),
      fc.jsonValue(),
    )
    const body = fc.oneof(
      fc.jsonValue(),
      fc.record({ elements: fc.array(element, { maxLength: 3 }) }),
      fc.record({ patch: fc.oneof(fc.record({ $set: fc.jsonValue() }), fc.jsonValue()) }),
      fc.record({ name: value, account: value, type: value, destinations: fc.jsonValue() }, { requiredKeys: [] }),
      element,
    )
    const path = fc.constantFrom(
      '/dmpSegments',
      `/dmpSegments/${segment}`,
      `/dmpSegments/${segment}/users`,
      `/dmpSegments/${companies}/companies`,
      `/dmpSegments/${segment}/destinations/LINKEDIN`,
      '/dmpSegments/__proto__/users',
      '/dmpSegments?ids=List(1,,2)&q=account&account=x&start=-1',
      '/adAccounts/%ff',
      '/constructor',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'DELETE', 'PUT'),
        path,
        fc.constantFrom('', 'BATCH_CREATE', 'PARTIAL_UPDATE', 'x'),
        fc.oneof(
          body.map((json) => JSON.stringify(json)),
          fc.string(),
        ),
        async (method, onPath, restli, text) => {
          const headers = { ...batchCreate, 'x-restli-method': restli }
          const reply = await linkedin.rest(account, method, onPath, method === 'POST' ? text : undefined, headers)
          expect([200, 201, 204, 400, 403, 404, 405]).toContain(reply.status)
          if (reply.status >= 400)
            expect(reply.body).toMatchObject({
              status: reply.status,
              code: expect.any(String),
              message: expect.any(String),
            })
        },
      ),
      { numRuns: 500 },
    )
  }, 60_000)
})
