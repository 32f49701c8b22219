import { hash } from 'node:crypto'
import { createMiddleware } from 'hono/factory'
import { z } from 'zod'
import { claimKey, releaseKey, rememberAnswer } from '../db/queries/idempotency.ts'
import { bearerOf } from './auth.ts'
import { isStreamed, isWrite } from './body.ts'
import type { ApiEnv, Deps } from './deps.ts'
import { conflict, unusable } from './problem.ts'
import { sessionText } from './session.ts'

const stored = z.object({ sealed: z.string() })

/**
 * Writes that carry an `Idempotency-Key`: the same request gets the same answer again, another one under the same key is
 * refused. Only answers of success are kept, sealed (one of them holds an API key); a refused request may be corrected.
 */
export const idempotent = ({ db, seal }: Pick<Deps, 'db' | 'seal'>) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const key = c.req.header('idempotency-key')
    if (key === undefined || !isWrite(c.req.method)) return next()
    if (!/^[!-~]{1,200}$/.test(key))
      throw unusable(
        'idempotency_key',
        'The Idempotency-Key cannot be used.',
        'Send 1 to 200 plain characters, for example a UUID.',
      )
    // An upload of members is not remembered by its body, which may be gigabytes; to repeat one changes nothing anyway.
    if (isStreamed(c.req.method, c.req.path)) return next()

    const claim = { apiKeyId: c.get('key').id, key, request: await requestHash(c.req, sessionText(c)) }
    const earlier = await claimKey(db.orm, claim)
    if (earlier) {
      if (earlier.request !== claim.request)
        throw unusable(
          'idempotency_key_reused',
          'This Idempotency-Key was used for another request.',
          'Send a new key with a new request, or the same request as before.',
        )
      if (earlier.status === null)
        throw conflict(
          'still_being_worked_on',
          'The first request with this Idempotency-Key is still being worked on.',
          'Wait a moment and send the same request again: it then gets the answer of the first.',
        )
      const { sealed } = stored.parse(earlier.body)
      const text = seal.open(Buffer.from(sealed, 'base64'))
      return new Response(text === '' ? null : text, {
        status: earlier.status,
        headers: { ...(text !== '' && { 'content-type': 'application/json' }), 'idempotent-replayed': 'true' },
      })
    }

    await next()
    if (c.res.status < 200 || c.res.status >= 300) return releaseKey(db.orm, claim)
    const body = { sealed: seal.seal(await c.res.clone().text()).toString('base64') }
    await rememberAnswer(db.orm, claim, { status: c.res.status, body })
  })

type Hashed = { method: string; url: string; header(name: string): string | undefined; text(): Promise<string> }

// The bearer token or session goes in as a salt that is not kept: a hash in the table cannot be tried against guessed bodies.
async function requestHash(req: Hashed, session: string | undefined) {
  const { pathname, search } = new URL(req.url)
  const parts = [
    bearerOf(req.header('authorization')) ?? session ?? '',
    req.method,
    pathname + search,
    await req.text(),
  ]
  return hash('sha256', JSON.stringify(parts), 'hex')
}
