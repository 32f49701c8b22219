import { z } from '@hono/zod-openapi'
import type { Destination } from '../../destinations/define.ts'
import { destinations } from '../../destinations/index.ts'
import { answers, route, router } from '../router.ts'

const jsonSchema = z.record(z.string(), z.unknown()).openapi({ description: 'A JSON Schema (2020-12)' })

const platform = z
  .object({
    id: z.string(),
    name: z.string(),
    modes: z.array(z.enum(['list', 'event'])),
    api: z.object({ version: z.string(), sunset: z.string(), docs: z.string() }),
    settings: jsonSchema,
    credentials: jsonSchema,
    identifiers: z.array(
      z.object({
        name: z.string(),
        label: z.string(),
        sent: z.enum(['hashed', 'plain']),
        role: z.enum(['strong', 'matching', 'describing']),
        fields: z.array(z.string()).openapi({ description: 'Usual names of the field that holds it' }),
      }),
    ),
    limits: z.object({ rowsPerRequest: z.number(), bytesPerRequest: z.number(), requestsInFlight: z.number() }),
  })
  .openapi('Platform')

const list = route('viewer', {
  method: 'get',
  path: '/v1/platforms',
  tags: ['Platforms'],
  summary: 'What can be connected',
  responses: { 200: answers(z.object({ items: z.array(platform), next: z.null() }), 'Every platform') },
})

export const platformRoutes = () =>
  router().openapi(list, (c) =>
    c.json(
      { items: Object.entries(destinations).map(([id, destination]) => present(id, destination)), next: null },
      200,
    ),
  )

function present(id: string, { name, api, settings, credentials, identifiers, limits }: Destination) {
  const { version, sunset, docs } = api
  const { rowsPerRequest, bytesPerRequest, requestsInFlight } = limits
  return {
    id,
    name,
    modes: ['list' as const],
    api: { version, sunset, docs },
    settings: z.toJSONSchema(settings, { io: 'input' }),
    credentials: z.toJSONSchema(credentials, { io: 'input' }),
    identifiers: Object.entries(identifiers).map(([name, { label, sent, role, fields }]) => ({
      name,
      label,
      sent,
      role,
      fields: [...fields],
    })),
    limits: { rowsPerRequest, bytesPerRequest, requestsInFlight },
  }
}
