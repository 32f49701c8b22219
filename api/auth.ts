import { hash, randomBytes } from 'node:crypto'
import { createMiddleware } from 'hono/factory'
import { findApiKey, findApiKeyById, touchApiKey } from '../db/queries/api-key.ts'
import { type Role, roles } from '../db/schema/api-key.ts'
import type { ApiEnv, Deps } from './deps.ts'
import { ApiProblem } from './problem.ts'
import { sessionOf } from './session.ts'

/** A new key: 256 random bits. Only its hash is kept. */
export const makeApiKey = () => `as_${randomBytes(32).toString('base64url')}`
export const hashApiKey = (key: string) => hash('sha256', key, 'hex')
/** The first characters of a key, to recognise it by; of a short one fewer. */
export const hintOf = (key: string) => key.slice(0, 8)

/** Lets in whoever shows a key that we know, or a session that was begun with one. */
export const authenticate = (deps: Pick<Deps, 'db' | 'seal' | 'now'>) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const { db } = deps
    const token = bearerOf(c.req.header('authorization'))
    const session = token === undefined ? sessionOf(c, deps) : undefined
    if (!token && !session) throw unauthorised('The request carries no API key.')
    const key = session
      ? await findApiKeyById(db.orm, session.keyId)
      : await findApiKey(db.orm, hashApiKey(token ?? ''))
    if (!key) throw unauthorised('This API key is not known here, or was revoked.')
    c.set('key', key)
    if (session) c.set('session', session)
    await touchApiKey(db.orm, key.id)
    await next()
  })

/** Lets in keys of this role and those above it. */
export const requireRole = (role: Role) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const { role: has } = c.get('key')
    if (roles.indexOf(has) < roles.indexOf(role))
      throw new ApiProblem(403, {
        code: 'role',
        detail: `This needs an API key of the role ${role}; this one is of the role ${has}.`,
        whose: 'an administrator of this service',
        next: 'Use a key of that role; an admin makes one with POST /v1/api-keys.',
      })
    await next()
  })

export const bearerOf = (header: string | undefined) => /^Bearer +([\w.~+/=-]{1,500}) *$/i.exec(header ?? '')?.[1]

const unauthorised = (detail: string) =>
  new ApiProblem(401, {
    code: 'api_key',
    detail,
    next: 'Send the header "Authorization: Bearer as_…" with a valid key.',
    headers: { 'www-authenticate': 'Bearer' },
  })
