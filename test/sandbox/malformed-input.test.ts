import { request } from 'node:http'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { send, sha256, upload, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()

const cell = fc.oneof(fc.string(), fc.constant(sha256('a')), fc.jsonValue())
const likePayload = fc.record(
  {
    schema: fc.oneof(fc.array(fc.constantFrom('EMAIL', 'EXTERN_ID', 'LOOKALIKE_VALUE', '__proto__')), fc.jsonValue()),
    data: fc.oneof(fc.array(fc.array(cell, { maxLength: 3 }), { maxLength: 4 }), fc.jsonValue()),
  },
  { requiredKeys: [] },
)
const likeSession = fc.record(
  {
    session_id: fc.oneof(fc.integer(), fc.jsonValue()),
    batch_seq: fc.oneof(fc.integer(), fc.jsonValue()),
    last_batch_flag: fc.oneof(fc.boolean(), fc.jsonValue()),
  },
  { requiredKeys: [] },
)
const likeBody = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      payload: fc.oneof(
        likePayload,
        likePayload.map((value) => JSON.stringify(value)),
        fc.jsonValue(),
      ),
      session: fc.oneof(likeSession, fc.jsonValue()),
      method: fc.oneof(fc.constant('DELETE'), fc.jsonValue()),
      name: fc.jsonValue(),
      fields: fc.jsonValue(),
    },
    { requiredKeys: [] },
  ),
)
const contentType = fc.constantFrom(
  'application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  'text/plain',
)

describe('whatever comes, the sandbox answers', () => {
  it('in the form of the Graph API, never with a fault of its own', async () => {
    const account = await sandbox.newAccount()
    await sandbox.control('PATCH', `/accounts/${account.id}`, { tier: 'advanced' })
    const list = await sandbox.newAudience(account)
    const edge = fc.constantFrom('', '/users', '/usersreplace', '/sessions', '/__proto__')
    const node = fc.constantFrom(`/${list}`, `/act_${account.id}`, `/act_${account.id}/customaudiences`, '/constructor')
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'DELETE', 'PUT'),
        node,
        edge,
        contentType,
        fc.oneof(
          likeBody.map((body) => JSON.stringify(body)),
          fc.string(),
        ),
        async (method, onNode, onEdge, type, body) => {
          const headers = { authorization: `Bearer ${account.token}`, 'content-type': type }
          const reply = await send(
            `${sandbox.url}/meta/v25.0${onNode}${onEdge}`,
            method,
            headers,
            method === 'GET' ? undefined : body,
          )
          expect([200, 400, 401, 403, 500]).toContain(reply.status)
          if (reply.status !== 200)
            expect(reply.body.error).toMatchObject({ code: expect.any(Number), type: expect.any(String) })
          expect(reply.body.error?.code).not.toBe(2)
        },
      ),
      { numRuns: 600 },
    )
  }, 60_000)

  it('to any query of a list of audiences', async () => {
    const account = await sandbox.newAccount()
    await sandbox.newAudience(account)
    const query = fc.dictionary(
      fc.constantFrom('fields', 'limit', 'after', 'before', 'filtering', 'method'),
      fc.oneof(
        fc.string(),
        fc.jsonValue().map((value) => JSON.stringify(value)),
        fc.constant('id,name{x},{'),
      ),
    )
    await fc.assert(
      fc.asyncProperty(query, async (parameters) => {
        const search = new URLSearchParams(parameters)
        const reply = await sandbox.meta(account, 'GET', `/act_${account.id}/customaudiences?${search}`)
        expect(reply.body.error?.code).not.toBe(2)
      }),
      { numRuns: 300 },
    )
  }, 60_000)

  it('under /_sandbox too', async () => {
    const path = fc.constantFrom('/faults', '/accounts', '/clock')
    await fc.assert(
      fc.asyncProperty(path, fc.jsonValue(), async (onPath, body) => {
        expect((await sandbox.control('POST', onPath, body)).status).toBeLessThan(500)
      }),
      { numRuns: 200 },
    )
    await sandbox.control('DELETE', '/faults')
  }, 60_000)

  it('after a client that left in the middle of its body', async () => {
    const account = await sandbox.newAccount()
    const list = await sandbox.newAudience(account)
    const path = `${sandbox.url}/meta/v25.0/${list}/users?access_token=${account.token}`
    const body = JSON.stringify(upload(['EMAIL'], [[sha256('a')]]))
    await new Promise<void>((resolve) => {
      const half = request(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': body.length },
      })
      half.on('error', () => resolve())
      half.write(body.slice(0, 20), () => half.destroy(new Error('left')))
    })
    expect(await sandbox.held(list)).toEqual([])
    expect((await sandbox.meta(account, 'POST', `/${list}/users`, body)).status).toBe(200)
  })
})
