/** What is wrong with one field of a request. `path` is dotted, such as `source.query`. */
export type FieldProblem = { readonly path: string; readonly message: string }

/** What the answer to a refused request says (RFC 9457, with whose move it is and what to do next). */
export type ProblemDetails = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly whose: string
  readonly next: string
  readonly [more: string]: unknown
}

type Said = {
  /** A stable word for programs, such as `list_taken`. */
  readonly code: string
  readonly detail: string
  readonly next: string
  readonly whose?: string
  readonly more?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}

/** A request that cannot be done. Thrown anywhere below a route; `onError` makes the answer of it. */
export class ApiProblem extends Error {
  readonly status: ProblemStatus
  readonly details: ProblemDetails
  readonly headers: Readonly<Record<string, string>>

  constructor(status: ProblemStatus, { code, detail, next, whose = 'you', more = {}, headers = {} }: Said) {
    super(detail)
    this.name = 'ApiProblem'
    this.status = status
    this.headers = headers
    this.details = {
      type: `urn:audience-sync:problem:${code}`,
      title: titles[status],
      status,
      detail,
      whose,
      next,
      ...more,
    }
  }
}

const titles = {
  400: 'The request cannot be read',
  401: 'An API key is needed',
  403: 'This API key may not do that',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Not possible as things stand',
  413: 'Too large',
  415: 'Wrong content type',
  422: 'The request cannot be done as asked',
  500: 'Something broke on our side',
  502: 'The other side did not answer',
  503: 'Not available at the moment',
} as const

export type ProblemStatus = keyof typeof titles

export const problemOfStatus = (status: number): ProblemStatus =>
  Object.hasOwn(titles, status) ? known(status) : status >= 500 ? 500 : 400

// `hasOwn` has just said so; the compiler cannot follow it from a number to a key.
const known = (status: number) => status as ProblemStatus

/** Nothing of this id exists, or not any more. `what` is a noun such as "audience". */
export const notFound = (what: string) =>
  new ApiProblem(404, {
    code: 'not_found',
    detail: `There is no ${what} with this id.`,
    next: `Check the id: it may have been deleted. The list of ${what}s shows those that exist.`,
  })

/** As things stand it cannot be done: state, or something else that is in the way. */
export const conflict = (code: string, detail: string, next: string, more?: Said['more']) =>
  new ApiProblem(409, { code, detail, next, ...(more && { more }) })

/** What was asked for makes no sense, field by field. */
export const unusable = (code: string, detail: string, next: string, errors: readonly FieldProblem[] = []) =>
  new ApiProblem(422, { code, detail, next, more: errors.length > 0 ? { errors } : {} })
