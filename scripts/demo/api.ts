import { z } from 'zod'
import { StartError } from '../stack/start-error.ts'

export type Api = { baseUrl: string; key: string }

const problem = z.object({ title: z.string().optional(), detail: z.string().optional() })

/**
 * One call of the product's own HTTP API; `once` names the wish, so that a repeated call does it once.
 * @throws ApiError with the problem document's words
 */
export async function call<T>(api: Api, request: Request, answer: z.ZodType<T>): Promise<T> {
  const { method, path, body, once } = request
  const response = await fetch(`${api.baseUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${api.key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(once === undefined ? {} : { 'idempotency-key': once }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  })
  const json: unknown = await response.json().catch(() => ({}))
  if (response.ok) return answer.parse(json)
  const { title, detail } = problem.catch({}).parse(json)
  throw new ApiError(response.status, `${method} ${path} was answered ${response.status}: ${detail ?? title ?? ''}`)
}

type Request = { method: 'GET' | 'POST' | 'PUT' | 'PATCH'; path: string; body?: unknown; once?: string }

/** An answer of the API that is no success. */
export class ApiError extends StartError {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}
