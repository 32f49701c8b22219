import { randomBytes } from 'node:crypto'
import type { Answer } from '../platform.ts'

/** Canonical codes of Google's APIs and the HTTP status that each travels under. */
export const httpStatus = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
} as const
export type Status = keyof typeof httpStatus

/** What is wrong with one field. `reason` is a name of ErrorReason; faults of the JSON itself have none. */
export interface Violation {
  /** Snake case, with indices: `audience_members[0].user_data`. */
  field: string
  description: string
  reason?: string
}

export interface StatusParts {
  status: Status
  message: string
  reason: string
  /** Who speaks: the API itself, or what stands before all of Google's APIs. */
  domain?: 'datamanager.googleapis.com' | 'googleapis.com'
  metadata?: Record<string, string>
  violations?: readonly Violation[]
  headers?: Record<string, string>
}

/** A refusal in Google's words; it becomes the error envelope in one place. */
export class StatusError extends Error {
  readonly parts: StatusParts
  constructor(parts: StatusParts) {
    super(parts.message)
    this.parts = parts
  }
}

export function errorAnswer(parts: StatusParts, status: number = httpStatus[parts.status]): Answer {
  const requestId = newRequestId()
  const domain = parts.domain ?? 'datamanager.googleapis.com'
  return {
    status,
    ...(parts.headers ? { headers: parts.headers } : {}),
    body: {
      error: {
        code: status,
        message: parts.message,
        status: parts.status,
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: parts.reason,
            domain,
            metadata: domain === 'googleapis.com' ? (parts.metadata ?? {}) : { requestId, ...parts.metadata },
          },
          { '@type': 'type.googleapis.com/google.rpc.RequestInfo', requestId },
          ...(parts.violations === undefined
            ? []
            : [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: parts.violations }]),
        ],
      },
    },
  }
}

/** The id of a request, for its answer and for its status. */
export function newRequestId(): string {
  return `t-${randomBytes(16).toString('base64url')}`
}

const service = { service: 'datamanager.googleapis.com' }

export const refuse = {
  violations: (violations: readonly Violation[]) =>
    new StatusError({
      status: 'INVALID_ARGUMENT',
      message: 'There was a problem with the request.',
      reason: 'INVALID_ARGUMENT',
      violations,
    }),
  violation: (field: string, reason: string, description: string) =>
    refuse.violations([{ field, description, reason }]),
  /** The JSON is not that of the message: said by what stands before the API, in its own way. */
  payload: (violations: readonly Violation[]) =>
    new StatusError({
      status: 'INVALID_ARGUMENT',
      message: violations.map(({ description }) => description).join('\n'),
      reason: 'INVALID_ARGUMENT',
      violations,
    }),
  notJson: () =>
    new StatusError({
      status: 'INVALID_ARGUMENT',
      message: 'Invalid JSON payload received. Parsing terminated before end of input.',
      reason: 'INVALID_ARGUMENT',
    }),
  tooLarge: () =>
    new StatusError({
      status: 'INVALID_ARGUMENT',
      message: 'Request payload size exceeds the limit: 50331648 bytes.',
      reason: 'INVALID_ARGUMENT',
    }),
  noToken: () =>
    new StatusError({
      status: 'UNAUTHENTICATED',
      message:
        'Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
      reason: 'CREDENTIALS_MISSING',
      domain: 'googleapis.com',
      metadata: service,
      headers: { 'www-authenticate': 'Bearer realm="https://accounts.google.com/"' },
    }),
  badToken: (reason: 'ACCESS_TOKEN_EXPIRED' | 'ACCESS_TOKEN_TYPE_UNSUPPORTED') =>
    new StatusError({
      status: 'UNAUTHENTICATED',
      message:
        'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
      reason,
      domain: 'googleapis.com',
      metadata: service,
      headers: { 'www-authenticate': 'Bearer realm="https://accounts.google.com/", error="invalid_token"' },
    }),
  scope: () =>
    new StatusError({
      status: 'PERMISSION_DENIED',
      message: 'Request had insufficient authentication scopes.',
      reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
      domain: 'googleapis.com',
      metadata: service,
    }),
  apiDisabled: (project: string) =>
    new StatusError({
      status: 'PERMISSION_DENIED',
      message: `Data Manager API has not been used in project ${project} before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/datamanager.googleapis.com/overview?project=${project} then retry.`,
      reason: 'SERVICE_DISABLED',
      domain: 'googleapis.com',
      metadata: { ...service, consumer: `projects/${project}` },
    }),
  permission: () =>
    new StatusError({
      status: 'PERMISSION_DENIED',
      message: 'The user does not have permission or the resource is not found.',
      reason: 'PERMISSION_DENIED',
    }),
  method: () => new StatusError({ status: 'NOT_FOUND', message: 'Method not found.', reason: 'NOT_FOUND' }),
  missing: () =>
    new StatusError({ status: 'NOT_FOUND', message: 'Requested entity was not found.', reason: 'NOT_FOUND' }),
  quota: (metadata: Record<string, string>) =>
    new StatusError({
      status: 'RESOURCE_EXHAUSTED',
      message: `Quota exceeded for quota metric and limit '${metadata.quota_limit}' of service 'datamanager.googleapis.com'.`,
      reason: 'RESOURCE_EXHAUSTED',
      metadata: { ...service, ...metadata },
    }),
  service: (status: 'INTERNAL' | 'UNAVAILABLE' | 'DEADLINE_EXCEEDED' | 'ABORTED' | 'ALREADY_EXISTS') =>
    new StatusError({ status, ...troubles[status] }),
}

const troubles = {
  INTERNAL: { reason: 'INTERNAL_ERROR', message: 'An internal error has occurred.' },
  UNAVAILABLE: { reason: 'INTERNAL_ERROR', message: 'The service is currently unavailable.' },
  DEADLINE_EXCEEDED: { reason: 'DEADLINE_EXCEEDED', message: 'The request took too long to respond.' },
  ABORTED: { reason: 'INTERNAL_ERROR', message: 'The operation was aborted.' },
  ALREADY_EXISTS: { reason: 'ALREADY_EXISTS', message: 'The resource already exists.' },
}
