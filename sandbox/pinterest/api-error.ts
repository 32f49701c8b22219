import type { Answer } from '../platform.ts'

/** A refusal in Pinterest's two words, code and message. */
export class ApiError extends Error {
  readonly status: number
  readonly code: number
  constructor(status: number, code: number, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export function errorAnswer({ status, code, message }: { status: number; code: number; message: string }): Answer {
  return { status, body: { code, message } }
}

/** Every refusal. Only 401/2, 403/29 and 429/8 are known; the other codes are the sandbox's choice. */
export const refuse = {
  parameter: (message: string) => new ApiError(400, 1, message),
  token: () => new ApiError(401, 2, 'Authentication failed.'),
  denied: () => new ApiError(403, 29, 'You are not permitted to access that resource.'),
  missing: (what: string) => new ApiError(404, 4, `${what} not found.`),
  path: () => new ApiError(404, 404, 'Not found.'),
  method: () => new ApiError(405, 405, 'Method not allowed.'),
  throttled: () => new ApiError(429, 8, 'You have exceeded your rate limit. Try again later.'),
  unavailable: (status = 503) => new ApiError(status, 12, 'Something went wrong on our end. Try again later.'),
  bodyTooLarge: () => new ApiError(413, 1, 'The request body is too large.'),
}
