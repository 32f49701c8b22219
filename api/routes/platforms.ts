import { z } from '@hono/zod-openapi'
import { accountSide, modesOf, type Platform, platforms } from '../../destinations/index.ts'
import { daysUntil } from '../../destinations/sunset.ts'
import type { Side } from '../connection.ts'
import type { Deps } from '../deps.ts'
import { answers, route, router } from '../router.ts'

const jsonSchema = z.record(z.string(), z.unknown()).openapi({ description: 'A JSON Schema (2020-12)' })

const side = z
  .object({
    syncSettings: jsonSchema.openapi({ description: 'What each sync may set for itself, as a JSON Schema' }),
    identifiers: z.array(
      z.object({
        name: z.string(),
        label: z.string(),
        rule: z.string().openapi({ description: 'What is done to a value before it is sent' }),
        sent: z.enum(['hashed', 'plain']),
        role: z.enum(['strong', 'matching', 'describing']),
        fields: z.array(z.string()).openapi({ description: 'Usual names of the field that holds it' }),
      }),
    ),
    limits: z.object({
      rowsPerRequest: z.number(),
      rowsPerRemoval: z.number(),
      bytesPerRequest: z.number(),
      requestsInFlight: z.number(),
    }),
  })
  .openapi('PlatformMode')

const platform = z
  .object({
    id: z.string(),
    name: z.string(),
    modes: z.array(z.enum(['list', 'event'])),
    api: z.object({
      version: z.string(),
      sunset: z.string().nullable().openapi({ description: 'The day on which this version ends, where it is known' }),
      daysLeft: z.number().nullable(),
      docs: z.string(),
    }),
    settings: jsonSchema,
    credentials: jsonSchema,
    ownSecret: z.boolean().openapi({
      description:
        'Whether a secret is made here for each account that brings none: it is shown once, and rotate-secret changes it',
    }),
    list: side.nullable().openapi({ description: 'How it is synced in the mode "list"; null where it cannot be' }),
    event: side.nullable().openapi({ description: 'How it is synced in the mode "event"; null where it cannot be' }),
  })
  .openapi('Platform')

const list = route('viewer', {
  method: 'get',
  path: '/v1/platforms',
  tags: ['Platforms'],
  summary: 'What can be connected',
  responses: { 200: answers(z.object({ items: z.array(platform), next: z.null() }), 'Every platform') },
})

export const platformRoutes = ({ now }: Pick<Deps, 'now'>) =>
  router().openapi(list, (c) =>
    c.json({ items: Object.entries(platforms).map(([id, one]) => present(id, one, now())), next: null }, 200),
  )

function present(id: string, platform: Platform, now: Date) {
  const { name, api, settings, credentials } = accountSide(platform)
  const { version, sunset, docs } = api
  return {
    id,
    name,
    modes: modesOf(platform),
    api: { version, sunset, daysLeft: sunset === null ? null : daysUntil(sunset, now), docs },
    settings: z.toJSONSchema(settings, { io: 'input' }),
    credentials: z.toJSONSchema(credentials, { io: 'input' }),
    ownSecret: platform.event?.ownSecret !== undefined,
    list: platform.list ? presentSide(platform.list) : null,
    event: platform.event ? presentSide(platform.event) : null,
  }
}

function presentSide({ syncSettings, identifiers, limits }: Side) {
  const { rowsPerRequest, bytesPerRequest, requestsInFlight } = limits
  const rowsPerRemoval = ('rowsPerRemoval' in limits ? limits.rowsPerRemoval : undefined) ?? rowsPerRequest
  return {
    syncSettings: z.toJSONSchema(syncSettings, { io: 'input' }),
    identifiers: Object.entries(identifiers).map(([name, { label, rule, sent, role, fields }]) => ({
      name,
      label,
      rule,
      sent,
      role,
      fields: [...fields],
    })),
    limits: { rowsPerRequest, rowsPerRemoval, bytesPerRequest, requestsInFlight },
  }
}
