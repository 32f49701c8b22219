import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { z } from 'zod'
import { isWrite } from './body.ts'
import type { ApiEnv, Deps } from './deps.ts'
import { ApiProblem } from './problem.ts'

/** A working day: whoever signs in in the morning does not have to again, and a forgotten browser is shut by night. */
const lastsMs = 8 * 3_600_000
const cookie = 'audience_sync_session'
const content = z.object({ keyId: z.uuid(), until: z.number() })

/** Who a session is for, and until when, in milliseconds since 1970. */
export type Session = z.output<typeof content>

/** Gives the browser a session for a key. Nothing is stored: the cookie is sealed, and ends with the key or the time. */
export function openSession(c: Context<ApiEnv>, { seal, now }: Pick<Deps, 'seal' | 'now'>, keyId: string): Session {
  const session = { keyId, until: now().getTime() + lastsMs }
  const value = seal.seal(JSON.stringify(session)).toString('base64url')
  setCookie(c, cookie, value, { ...attributes(c), maxAge: lastsMs / 1_000 })
  return session
}

export const endSession = (c: Context<ApiEnv>) => void deleteCookie(c, cookie, attributes(c))

/** The session of a request. Undefined when there is none, or not any more. @throws ApiProblem for a write from elsewhere */
export function sessionOf(c: Context<ApiEnv>, { seal, now }: Pick<Deps, 'seal' | 'now'>): Session | undefined {
  const value = getCookie(c, cookie)
  const session = value === undefined ? undefined : unsealed(seal, value)
  if (!session || session.until <= now().getTime()) return undefined
  if (isWrite(c.req.method) && !isFromHere(c)) throw fromElsewhere()
  return session
}

/** What salts the hash of a request: something of the caller's that is not kept. */
export const sessionText = (c: Context<ApiEnv>): string | undefined => getCookie(c, cookie)

function unsealed(seal: Deps['seal'], value: string): Session | undefined {
  try {
    return content.safeParse(JSON.parse(seal.open(Buffer.from(value, 'base64url')))).data
  } catch {
    return undefined // made up, or sealed by a deployment that was here before: the same as none
  }
}

const attributes = (c: Context<ApiEnv>) =>
  ({
    path: '/',
    httpOnly: true,
    sameSite: 'Strict',
    secure: new URL(c.req.url).protocol === 'https:' || c.req.header('x-forwarded-proto') === 'https',
  }) as const

// A browser says where a request comes from, and no page can make it say something else.
function isFromHere(c: Context<ApiEnv>): boolean {
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin'
  const origin = c.req.header('origin')
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === c.req.header('host')
}

const fromElsewhere = () =>
  new ApiProblem(403, {
    code: 'other_origin',
    detail: 'A session of the console changes things from the console only.',
    next: 'Use the console, or send an API key in the header "Authorization: Bearer as_…".',
  })
