import type { Answer } from '../platform.ts'

/** A refusal of the Admin API, in Google's envelope. */
export class AdminError extends Error {
  readonly code: number
  readonly status: string
  constructor(code: number, status: string, message: string) {
    super(message)
    this.code = code
    this.status = status
  }
}

export function errorAnswer({ code, status, message }: AdminError, as: number = code): Answer {
  return { status: as, body: { error: { code: as, message, status } } }
}

export const refuse = {
  argument: (message: string) => new AdminError(400, 'INVALID_ARGUMENT', message),
  token: () => new AdminError(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.'),
  denied: () => new AdminError(403, 'PERMISSION_DENIED', 'The caller does not have permission.'),
  missing: () => new AdminError(404, 'NOT_FOUND', 'The requested entity was not found.'),
  method: () => new AdminError(405, 'UNIMPLEMENTED', 'The method is not allowed.'),
  throttled: () => new AdminError(429, 'RESOURCE_EXHAUSTED', 'Exhausted the tokens of the property.'),
  server: () => new AdminError(503, 'UNAVAILABLE', 'The service is currently unavailable.'),
}
