import type { Answer } from '../platform.ts'

export interface RestErrorParts {
  status: number
  code: string
  message: string
  serviceErrorCode?: number | undefined
}

/** A refusal in the words of LinkedIn's gateway; it becomes the error body in one place. */
export class RestError extends Error {
  readonly parts: RestErrorParts
  constructor(parts: RestErrorParts) {
    super(parts.message)
    this.parts = parts
  }
}

export function errorAnswer({ status, code, message, serviceErrorCode }: RestErrorParts): Answer {
  return {
    status,
    body: { ...(serviceErrorCode === undefined ? {} : { serviceErrorCode }), code, message, status },
  }
}

const make =
  (status: number, code: string, serviceErrorCode?: number) =>
  (message: string): RestError =>
    new RestError({ status, code, message, serviceErrorCode })

const unauthorized = (code: string, serviceErrorCode: number, message: string) => () =>
  make(401, code, serviceErrorCode)(message)

const denied = make(403, 'ACCESS_DENIED', 100)
const missing = make(404, 'RESOURCE_NOT_FOUND')
const tooMany = make(429, 'TOO_MANY_REQUESTS', 101)
const retired = make(426, 'NONEXISTENT_VERSION')

/** Every refusal, by what is wrong. */
export const refuse = {
  parameter: make(400, 'ILLEGAL_ARGUMENT'),
  contentType: make(415, 'UNSUPPORTED_MEDIA_TYPE'),
  noToken: unauthorized('EMPTY_ACCESS_TOKEN', 65_604, 'Empty oauth2 access token'),
  badToken: unauthorized('INVALID_ACCESS_TOKEN', 65_600, 'Invalid access token'),
  expiredToken: unauthorized('EXPIRED_ACCESS_TOKEN', 65_602, 'The token used in the request has expired'),
  noVersion: () =>
    make(
      400,
      'VERSION_MISSING',
    )('A version must be present. Please specify a version by adding the LinkedIn-Version header.'),
  version: (version: string) => retired(`Requested version ${version} is not active`),
  denied: (what: string) => denied(`Not enough permissions to access: ${what}`),
  missing,
  path: (path: string) => missing(`No virtual resource found: ${path}`),
  method: make(405, 'METHOD_NOT_ALLOWED'),
  throttled: (window: string) =>
    tooMany(`Resource level throttle MEMBER ${window} limit for calls to this resource is reached.`),
  ineligible: () => make(400, 'INVALID_SEGMENT')('The DMP segment cannot be changed in its present state.'),
  internal: (status = 500) => make(status, 'INTERNAL_SERVER_ERROR')('Internal Server Error'),
  bodyTooLarge: () => make(413, 'REQUEST_ENTITY_TOO_LARGE')('The request body is too large.'),
}

/** What stands for an HTTP status when a fault names no more than that. */
export const byStatus: Record<number, () => RestError> = {
  400: () => refuse.parameter('Invalid argument'),
  401: refuse.badToken,
  403: () => refuse.denied('dmpSegments.CREATE.20260401'),
  404: () => refuse.missing('Entity was not found.'),
  415: () => refuse.contentType('Unsupported media type'),
  426: () => refuse.version('20260401'),
  429: () => refuse.throttled('MINUTE'),
}
