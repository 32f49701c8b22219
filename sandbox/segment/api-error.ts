import type { Answer } from '../platform.ts'

/** One of the few refusals that Segment knows; its body is a choice of the sandbox. */
export class ApiError extends Error {
  readonly status: number
  readonly headers: Record<string, string>
  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

export function errorAnswer({ status, message, headers }: ApiError, as: number = status): Answer {
  return { status: as, headers, body: { success: false, message } }
}

export const refuse = {
  bad: (message: string) => new ApiError(400, message),
  key: () => new ApiError(401, 'invalid write key'),
  permission: () => new ApiError(403, 'forbidden'),
  path: () => new ApiError(404, 'not found'),
  method: () => new ApiError(405, 'method not allowed'),
  throttled: (seconds: number) =>
    new ApiError(429, 'too many requests', { 'retry-after': String(Math.max(Math.round(seconds), 1)) }),
  server: () => new ApiError(500, 'internal server error'),
}
