import { OpenAPIHono } from '@hono/zod-openapi'
import { audited } from './audit.ts'
import { authenticate } from './auth.ts'
import { guardBody } from './body.ts'
import { consoleFiles } from './console-files.ts'
import type { ApiEnv, Deps } from './deps.ts'
import { onError, onNotFound } from './errors.ts'
import { idempotent } from './idempotency.ts'
import { openApiOf } from './openapi.ts'
import { requestLog } from './request-log.ts'
import { apiKeyRoutes } from './routes/api-keys.ts'
import { audienceActionRoutes } from './routes/audience-actions.ts'
import { audienceRoutes } from './routes/audiences.ts'
import { deliveryRoutes } from './routes/deliveries.ts'
import { destinationRoutes } from './routes/destinations.ts'
import { docsRoutes } from './routes/docs.ts'
import { fieldRoutes } from './routes/fields.ts'
import { healthRoutes } from './routes/health.ts'
import { listRoutes } from './routes/lists.ts'
import { logRoutes } from './routes/logs.ts'
import { memberRoutes } from './routes/members.ts'
import { overviewRoutes } from './routes/overview.ts'
import { peopleRoutes } from './routes/people.ts'
import { platformRoutes } from './routes/platforms.ts'
import { previewRoutes } from './routes/preview.ts'
import { runRoutes } from './routes/runs.ts'
import { sessionRoutes } from './routes/session.ts'
import { sourceRoutes } from './routes/sources.ts'
import { syncActionRoutes } from './routes/sync-actions.ts'
import { syncAudienceRoutes } from './routes/sync-audience.ts'
import { syncRoutes } from './routes/syncs.ts'

/** The HTTP API over what it is given; it keeps nothing of its own. */
export function createApp(deps: Deps) {
  const app = new OpenAPIHono<ApiEnv>()
  app.onError(onError(deps))
  app.notFound(onNotFound)
  app.use(requestLog(deps))
  app.use('/v1/*', authenticate(deps), guardBody, idempotent(deps), audited(deps))
  app.get('/openapi.json', (c) => c.json(openApiOf(app)))
  return app
    .route('/', platformRoutes(deps))
    .route('/', sourceRoutes(deps))
    .route('/', destinationRoutes(deps))
    .route('/', listRoutes(deps))
    .route('/', audienceRoutes(deps))
    .route('/', audienceActionRoutes(deps))
    .route('/', fieldRoutes(deps))
    .route('/', memberRoutes(deps))
    .route('/', previewRoutes(deps))
    .route('/', syncRoutes(deps))
    .route('/', syncActionRoutes(deps))
    .route('/', syncAudienceRoutes(deps))
    .route('/', runRoutes(deps))
    .route('/', deliveryRoutes(deps))
    .route('/', logRoutes(deps))
    .route('/', peopleRoutes(deps))
    .route('/', apiKeyRoutes(deps))
    .route('/', overviewRoutes(deps))
    .route('/', sessionRoutes(deps))
    .route('/', healthRoutes(deps))
    .route('/', docsRoutes())
    .route('/', consoleFiles(deps))
}

export type AppType = ReturnType<typeof createApp>
