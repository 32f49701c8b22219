import { createRoute, OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi'
import type { Role } from '../db/schema/api-key.ts'
import { requireRole } from './auth.ts'
import type { ApiEnv } from './deps.ts'
import { invalid } from './errors.ts'

/** A router whose requests are refused, field by field, when they do not fit their schema. */
export const router = () =>
  new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalid(result.error, result.target === 'json' ? undefined : result.target)
    },
  })

/** A route for keys of this role and those above it. */
export const route = <const P extends string, const R extends Omit<RouteConfig, 'path'> & { path: P }>(
  role: Role,
  config: R,
) =>
  createRoute({
    ...config,
    middleware: requireRole(role),
    security: [{ apiKey: [] }],
    description: `${config.description ? `${config.description}\n\n` : ''}Role: ${role}.`,
  })

/** An answer with a JSON body. */
export const answers = <T extends z.ZodType>(schema: T, description: string) => ({
  content: { 'application/json': { schema } },
  description,
})

/** A JSON body that must be there. */
export const takes = <T extends z.ZodType>(schema: T) => ({
  content: { 'application/json': { schema } },
  required: true as const,
})

export const byId = z.object({ id: z.uuid().openapi({ description: 'Its id' }) })
