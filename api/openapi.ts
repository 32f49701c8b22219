import type { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiEnv } from './deps.ts'

const problem = {
  type: 'object',
  description: 'A problem document (RFC 9457)',
  required: ['type', 'title', 'status', 'detail', 'whose', 'next'],
  properties: {
    type: { type: 'string', examples: ['urn:audience-sync:problem:paused'] },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What is wrong' },
    whose: { type: 'string', description: 'Whose move it is' },
    next: { type: 'string', description: 'What to do next' },
    errors: {
      type: 'array',
      description: 'The fields that cannot be used',
      items: { type: 'object', properties: { path: { type: 'string' }, message: { type: 'string' } } },
    },
    requestId: { type: 'string' },
  },
} as const

const refused = {
  description: 'What is wrong, whose move it is, what to do next',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}
const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  schema: { type: 'string', maxLength: 200 },
  description: 'The same request under the same key is done once and answered the same',
} as const
const writes = ['post', 'put', 'patch', 'delete'] as const

/**
 * Members as JSON. The route cannot declare it beside NDJSON and CSV: a declared JSON body would be read whole and
 * parsed before its handler, which streams it.
 */
const jsonMembers = {
  schema: {
    type: 'array' as const,
    items: {
      type: 'object' as const,
      description: 'A member: flat, one field of it the member id',
      additionalProperties: {},
      examples: [{ id: '1', email: 'ada@example.test' }],
    },
  },
}

/** The OpenAPI 3.1 document of the routes, with what all of them share. */
export function openApiOf(app: OpenAPIHono<ApiEnv>) {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Audience Sync',
      version: '1',
      description:
        'Keeps customer audiences in step with ad and marketing platforms, and tells what happened to every member.\n\nEvery request under /v1 carries an API key: `Authorization: Bearer as_…`. Roles: viewer reads; operator runs, pauses, approves and edits audiences and syncs; admin connects sources and destinations and manages keys. Lists are paged: send `next` as `after`.',
    },
  })
  for (const path of Object.values(document.paths ?? {})) {
    for (const operation of [path.get, ...writes.map((method) => path[method])]) {
      if (operation) operation.responses = { ...operation.responses, default: refused }
    }
    for (const method of writes) {
      const operation = path[method]
      if (operation) operation.parameters = [...(operation.parameters ?? []), idempotencyKey]
    }
  }
  const upload = document.paths?.['/v1/audiences/{id}/members']?.put?.requestBody
  if (upload && 'content' in upload) upload.content = { 'application/json': jsonMembers, ...upload.content }
  const components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Problem: problem },
    securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key: as_…' } },
  }
  return { ...document, components }
}
