import { createMiddleware } from 'hono/factory'
import { writeAudit } from '../db/queries/audit.ts'
import { isStreamed, isWrite } from './body.ts'
import type { ApiEnv, Deps } from './deps.ts'

/** Notes each write that was done: who, what, and the names of the fields that were sent. */
export const audited = ({ db }: Pick<Deps, 'db'>) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    await next()
    if (!isWrite(c.req.method) || !c.res.ok || onlyAsks.test(c.req.path)) return
    const key = c.get('key')
    const action = c.req.path.replaceAll(uuid, '{id}')
    await writeAudit(db.orm, {
      actor: `${key.name} (${key.id})`,
      action: `${c.req.method} ${action}`,
      subject: c.res.headers.get('location') ?? c.req.path,
      detail: { fields: isStreamed(c.req.method, c.req.path) ? [] : fieldNames(await c.req.text()) },
    })
  })

/** What is asked in a body, so that it enters no URL, or because it would be too long for one: nothing changes. */
const onlyAsks = /^\/v1\/(people\/lookup|audiences\/[^/]+\/preview)$/
const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi

function fieldNames(text: string): string[] {
  if (text === '') return []
  const body: unknown = JSON.parse(text)
  return typeof body === 'object' && body !== null ? Object.keys(body) : []
}
