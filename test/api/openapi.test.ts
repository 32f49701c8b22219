import { Validator } from '@seriousme/openapi-schema-validator'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { roles } from '../../db/schema/api-key.ts'
import { useApi } from './support/api.ts'

const api = useApi()
const operationShape = z.looseObject({
  summary: z.string().min(1),
  description: z.string().optional(),
  tags: z.array(z.string()).min(1),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string() })).optional(),
  requestBody: z.looseObject({ content: z.record(z.string(), z.unknown()) }).optional(),
  responses: z.record(z.string(), z.looseObject({ description: z.string().min(1), content: z.unknown().optional() })),
})
const documentShape = z.looseObject({
  openapi: z.literal('3.1.0'),
  paths: z.record(z.string(), z.record(z.string(), operationShape)),
})

let document: unknown
let operations: { path: string; method: string; operation: z.infer<typeof operationShape> }[]
beforeAll(async () => {
  document = await (await api.request('/openapi.json')).json()
  operations = Object.entries(documentShape.parse(document).paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
})
const open = new Set(['/healthz', '/readyz'])
const guarded = () => operations.filter(({ path }) => !open.has(path))

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)))
    expect(errors ?? []).toEqual([])
    expect(valid).toBe(true)
    expect(operations.length).toBeGreaterThan(50)
  })

  it('tells of every route what it does, what it needs and how it refuses', () => {
    const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
    for (const { path, method, operation } of operations) {
      const where = `${method} ${path}`
      expect(operation.responses.default?.content, where).toEqual(problem)
      expect(
        Object.keys(operation.responses).some((status) => /^2\d\d$/.test(status)),
        where,
      ).toBe(true)
      expect(operation.security, where).toEqual(open.has(path) ? undefined : [{ apiKey: [] }])
      const named = (operation.parameters ?? []).map((each) => each.name)
      for (const [, name] of path.matchAll(/\{(\w+)\}/g)) expect(named, where).toContain(name)
      expect(named.includes('Idempotency-Key'), where).toBe(method !== 'GET')
    }
  })

  it('names the three formats in which members are pushed', () => {
    const upload = operations.find(({ path, method }) => method === 'PUT' && path.endsWith('/members'))
    expect(Object.keys(upload?.operation.requestBody?.content ?? {}).sort()).toEqual([
      'application/json',
      'application/x-ndjson',
      'text/csv',
    ])
  })
})

/** Who may do what, said once more than the routes say it: a viewer reads, an operator acts, an admin connects. */
function roleFor(method: string, path: string): (typeof roles)[number] {
  if (path.startsWith('/v1/api-keys')) return 'admin'
  if (method === 'GET' || path === '/v1/people/lookup' || /\/(preview|session)$/.test(path)) return 'viewer'
  if (/^\/v1\/(sources|destinations)(\/\{id\}(\/rotate-secret)?)?$/.test(path)) return 'admin'
  return 'operator'
}

describe('every route', () => {
  const idOf = '00000000-0000-4000-8000-000000000000'
  const call = (method: string, path: string, role?: (typeof roles)[number]) =>
    api.request(path.replace('{id}', idOf).replace('{listId}', '17'), {
      method,
      headers: role ? { authorization: `Bearer ${api.keys[role]}` } : {},
    })

  it('is closed without a key', async () => {
    for (const { path, method } of guarded()) expect((await call(method, path)).status, `${method} ${path}`).toBe(401)
  })

  it('says in the document which role it needs, and lets in that role and those above it', async () => {
    for (const { path, method, operation } of guarded()) {
      const needed = roleFor(method, path)
      expect(operation.description, `${method} ${path}`).toContain(`Role: ${needed}.`)
      for (const role of roles) {
        const { status } = await call(method, path, role)
        const allowed = roles.indexOf(role) >= roles.indexOf(needed)
        expect(status === 403, `${method} ${path} as ${role}: ${status}`).toBe(!allowed)
        expect(status, `${method} ${path} as ${role}`).not.toBe(401)
        expect(status, `${method} ${path} as ${role}`).toBeLessThan(500)
      }
    }
  }, 60_000)

  it('refuses an Idempotency-Key that cannot be used, when it writes', async () => {
    for (const { path, method } of guarded().filter((each) => each.method !== 'GET')) {
      const response = await api.request(path.replace('{id}', idOf), {
        method,
        headers: { authorization: `Bearer ${api.keys.admin}`, 'idempotency-key': 'two words' },
      })
      expect(await response.json(), `${method} ${path}`).toMatchObject({
        status: 422,
        type: 'urn:audience-sync:problem:idempotency_key',
      })
    }
  })
})

it.each([
  ['GET', '/nowhere'],
  ['PUT', '/v1/audiences'],
  ['DELETE', '/v1/people/lookup'],
  ['POST', '/healthz'],
  ['PATCH', '/'],
])('answers %s %s, which is not there, with a problem document', async (method, path) => {
  const response = await api.request(path, { method, headers: { authorization: `Bearer ${api.keys.admin}` } })
  expect(response.status).toBe(404)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(await response.json()).toMatchObject({ status: 404, whose: 'you', next: 'See /docs for what there is.' })
})
