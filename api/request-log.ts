import { randomUUID } from 'node:crypto'
import { createMiddleware } from 'hono/factory'
import type { ApiEnv, Deps } from './deps.ts'

/** One line a request: what was asked of what, by whose key, how it went. Paths hold ids only; queries are left out. */
export const requestLog = ({ log }: Pick<Deps, 'log'>) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const requestId = randomUUID()
    c.set('requestId', requestId)
    const begun = performance.now()
    await next()
    c.header('x-request-id', requestId)
    const { method, path } = c.req
    const line = {
      requestId,
      method,
      path: known(path),
      status: c.res.status,
      ms: Math.round(performance.now() - begun),
    }
    const key = c.get('key')
    log[path.startsWith('/v1/') ? 'info' : 'debug']({ ...line, ...(key && { keyId: key.id }) }, 'request')
  })

// Somebody may put a value into a path that does not exist; only words of our own routes and ids are logged.
const known = (path: string) =>
  path
    .split('/')
    .map((part) =>
      /^([a-z][a-z0-9.-]{0,30}|\d{1,30}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|)$/.test(part) ? part : '…',
    )
    .join('/')
