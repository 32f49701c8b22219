import type { HonoRequest } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import type { ApiEnv } from './deps.ts'
import { ApiProblem } from './problem.ts'

const MIB = 1024 * 1024
const writes = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

export const isWrite = (method: string) => writes.has(method)

/** The one body that is read as a stream: members of a static audience. */
export const isStreamed = (method: string, path: string) => method === 'PUT' && /\/members$/.test(path)

const tooLarge = (limit: string) =>
  new ApiProblem(413, {
    code: 'too_large',
    detail: `The body is larger than ${limit}.`,
    next: 'Send less at once; members can be sent in several uploads with mode=upsert.',
  })

/** JSON bodies end at 1 MiB. */
const jsonLimit = bodyLimit({
  maxSize: MIB,
  onError: () => {
    throw tooLarge('1 MiB')
  },
})

// As HTTP says it: a request without a length and without a transfer encoding has no body.
const hasBody = (req: HonoRequest) => {
  const length = req.header('content-length')
  if (length !== undefined) return length !== '0'
  return (
    req.header('transfer-encoding') !== undefined || (req.header('content-type') !== undefined && req.raw.body !== null)
  )
}

/** Refuses bodies that are too large or not JSON, before anything reads them. */
export const guardBody = createMiddleware<ApiEnv>(async (c, next) => {
  if (!isWrite(c.req.method) || isStreamed(c.req.method, c.req.path)) return next()
  const type = c.req.header('content-type')
  if (hasBody(c.req) && !/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type ?? ''))
    throw new ApiProblem(415, {
      code: 'content_type',
      detail: type ? 'The body is not declared as JSON.' : 'The body has no content type.',
      next: 'Send the header "Content-Type: application/json".',
    })
  return jsonLimit(c, next)
})

/** The chunks of a body, at most `limit` bytes of them. @throws ApiProblem when there are more. */
export async function* limited(body: AsyncIterable<Uint8Array>, limit: number): AsyncIterable<Uint8Array> {
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > limit) throw tooLarge(limit >= MIB ? `${Math.floor(limit / MIB)} MiB` : `${limit} bytes`)
    yield chunk
  }
}
