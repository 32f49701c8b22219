import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { email, klaviyo, newKlaviyoAccount, newKlaviyoList, turnClock } from './support/klaviyo.ts'
import { useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()
const json = fc.jsonValue()

const likeProfile = fc.record(
  {
    type: fc.oneof(fc.constant('profile'), json),
    id: fc.oneof(fc.constant('x'), json),
    attributes: fc.oneof(
      fc.record(
        { email: fc.oneof(fc.constant(email('a')), json), properties: json, location: json, constructor: json },
        { requiredKeys: [] },
      ),
      json,
    ),
    meta: fc.oneof(
      fc.record({ patch_properties: fc.record({ append: json, unappend: json, unset: json }, { requiredKeys: [] }) }),
      json,
    ),
    relationships: json,
  },
  { requiredKeys: [] },
)
const likeData = fc.oneof(
  likeProfile,
  fc.array(likeProfile, { maxLength: 3 }),
  fc.record(
    {
      type: fc.constantFrom('profile-bulk-import-job', 'profile-merge', 'profile-subscription-bulk-create-job', 'list'),
      attributes: fc.oneof(
        fc.record({ profiles: fc.record({ data: fc.oneof(fc.array(likeProfile, { maxLength: 3 }), json) }) }),
        json,
      ),
      relationships: json,
    },
    { requiredKeys: ['type'] },
  ),
  json,
)

describe('whatever comes, the sandbox answers', () => {
  it("in Klaviyo's form, never with a fault of its own", async () => {
    const account = await newKlaviyoAccount(sandbox)
    const list = await newKlaviyoList(sandbox, account)
    const path = fc.constantFrom(
      '/api/lists',
      `/api/lists/${list}`,
      `/api/lists/${list}/relationships/profiles`,
      '/api/profiles',
      '/api/profiles/__proto__',
      '/api/profile-import',
      '/api/profile-merge',
      '/api/profile-bulk-import-jobs',
      '/api/profile-subscription-bulk-create-jobs',
      '/api/profile-subscription-bulk-delete-jobs',
      '/api/profile-suppression-bulk-create-jobs',
      '/api/data-privacy-deletion-jobs',
      '/api/%ff',
    )
    const body = fc.oneof(
      likeData.map((data) => JSON.stringify({ data })),
      json.map((value) => JSON.stringify(value)),
      fc.string({ minLength: 1 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('POST', 'PATCH', 'DELETE'), path, body, async (method, on, text) => {
        const reply = await klaviyo(sandbox, account, method, on, text)
        if (reply.status === 429) return void (await turnClock(sandbox, '1m'))
        expect([200, 201, 202, 204, 400, 404, 405, 409, 413]).toContain(reply.status)
        if (reply.status >= 400)
          expect(reply.body.errors[0]).toMatchObject({
            status: reply.status,
            code: expect.any(String),
            detail: expect.any(String),
          })
      }),
      { numRuns: 600 },
    )
  }, 60_000)

  it('to any query', async () => {
    const account = await newKlaviyoAccount(sandbox)
    await newKlaviyoList(sandbox, account)
    const name = fc.constantFrom(
      'filter',
      'page[size]',
      'page[cursor]',
      'fields[list]',
      'fields[profile]',
      'additional-fields[list]',
      'sort',
    )
    const value = fc.oneof(
      fc.string(),
      fc.string().map((text) => `any(email,["${text}"])`),
      fc.string().map((text) => `equals(name,"${text}`),
      fc.constant('any(id,['.padEnd(5_000, '"a",')),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('/api/lists', '/api/profiles'),
        fc.dictionary(name, value),
        async (on, query) => {
          const reply = await klaviyo(sandbox, account, 'GET', `${on}?${new URLSearchParams(query)}`)
          if (reply.status === 429) return void (await turnClock(sandbox, '1m'))
          expect([200, 400]).toContain(reply.status)
        },
      ),
      { numRuns: 300 },
    )
  }, 60_000)

  it('under /_sandbox too', async () => {
    await fc.assert(
      fc.asyncProperty(json, json, async (settings, credentials) => {
        const body = { platform: 'klaviyo', settings, credentials }
        expect((await sandbox.control('POST', '/accounts', body)).status).toBeLessThan(500)
      }),
      { numRuns: 100 },
    )
  }, 60_000)
})
