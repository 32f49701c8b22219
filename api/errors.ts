import type { Context, ErrorHandler, NotFoundHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { ZodError } from 'zod'
import { DestinationFailure, type FailureKind } from '../destinations/failure.ts'
import { SourceFailure } from '../sources/define.ts'
import type { ApiEnv, Deps } from './deps.ts'
import { ApiProblem, type FieldProblem, type ProblemStatus, problemOfStatus } from './problem.ts'

/** Makes the one kind of answer to everything that went wrong. What is not ours to explain is logged by name only. */
export const onError =
  ({ log }: Pick<Deps, 'log'>): ErrorHandler<ApiEnv> =>
  (error, c) => {
    const problem = asProblem(error)
    if (problem.status === 500) log.error({ requestId: c.get('requestId'), ...unexpected(error) }, 'request failed')
    return answer(c, problem)
  }

export const onNotFound: NotFoundHandler<ApiEnv> = (c) =>
  answer(
    c,
    new ApiProblem(404, {
      code: 'no_such_route',
      detail: `There is no ${c.req.method} at this path.`,
      next: 'See /docs for what there is.',
    }),
  )

export const answer = (c: Context, problem: ApiProblem) =>
  c.body(JSON.stringify({ ...problem.details, requestId: c.get('requestId') }), problem.status, {
    'content-type': 'application/problem+json',
    ...problem.headers,
  })

/** The problem that an error stands for. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error
  if (error instanceof ZodError) return invalid(error)
  if (error instanceof DestinationFailure) return destinationProblem(error)
  if (error instanceof SourceFailure) return sourceProblem(error)
  if (error instanceof HTTPException) return httpProblem(error)
  if (unstorable.has(codeOf(error) ?? '')) {
    return new ApiProblem(422, {
      code: 'unstorable_text',
      detail: 'A text of the request holds the character U+0000, which cannot be stored.',
      next: 'Send it without that character.',
    })
  }
  return new ApiProblem(500, {
    code: 'internal',
    detail: 'The request could not be finished because of a fault on our side.',
    whose: 'the operator of this service',
    next: 'Try again; if it goes on, look for the request id in the log of the server.',
  })
}

/** A request that does not fit its schema, field by field. The messages of zod do not quote values. */
export const invalid = (error: ZodError, within?: string) => {
  const errors = error.issues.flatMap((issue): FieldProblem[] => {
    const path = [...(within ? [within] : []), ...issue.path.map(String)]
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'There is no such field' }))
    return [{ path: path.join('.'), message: issue.message }]
  })
  return new ApiProblem(422, {
    code: 'invalid',
    detail: errors.length === 1 ? 'One field cannot be used.' : `${errors.length} fields cannot be used.`,
    next: 'Change the fields under "errors" and send the request again. /docs shows what is allowed.',
    more: { errors },
  })
}

function httpProblem(error: HTTPException): ApiProblem {
  const malformed = error.status === 400
  return new ApiProblem(problemOfStatus(error.status), {
    code: malformed ? 'malformed' : 'refused',
    detail: malformed ? 'The body is not valid JSON.' : 'The request was refused.',
    next: malformed ? 'Send a JSON object in UTF-8.' : 'See /docs for what is allowed.',
  })
}

const statusOfKind: Record<FailureKind, ProblemStatus> = { retry: 502, throttled: 503, auth: 409, config: 422 }
const moveOfKind: Record<FailureKind, { whose: string; next: string }> = {
  retry: { whose: 'nobody: it passes by itself', next: 'Send the same request again in a moment.' },
  throttled: {
    whose: 'nobody: it passes by itself',
    next: 'Send the same request again after the time in Retry-After.',
  },
  auth: {
    whose: 'an administrator of the account at the platform',
    next: 'Do what the sentence says, then check the destination, or change its credentials.',
  },
  config: { whose: 'you', next: 'Change what the sentence names and send the request again.' },
}

function destinationProblem(failure: DestinationFailure): ApiProblem {
  return new ApiProblem(failure.listGone ? 404 : statusOfKind[failure.kind], {
    code: failure.listGone ? 'list_gone' : `destination_${failure.kind}`,
    detail: failure.message,
    ...moveOfKind[failure.kind],
    more: failure.code ? { platformCode: failure.code } : {},
    headers: failure.retryAfterMs ? { 'retry-after': String(Math.ceil(failure.retryAfterMs / 1000)) } : {},
  })
}

const sourceProblem = (failure: SourceFailure) =>
  new ApiProblem(failure.passes ? 502 : 422, {
    code: `source_${failure.code}`,
    detail: failure.message,
    whose: failure.whose,
    next: failure.next,
    more: failure.sqlstate ? { sqlstate: failure.sqlstate } : {},
  })

/** PostgreSQL's codes for texts that it cannot hold. */
const unstorable = new Set(['22021', '22P05'])

const causeOf = (error: Error): Error => (error.cause instanceof Error ? error.cause : error)

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const cause = causeOf(error)
  return 'code' in cause ? String(cause.code) : undefined
}

// Messages of databases and drivers quote values, so of a stack only the places in the code go into the log.
function unexpected(error: unknown) {
  if (!(error instanceof Error)) return { error: typeof error }
  return {
    error: error.name,
    cause: causeOf(error).name,
    code: codeOf(error),
    at: error.stack
      ?.split('\n')
      .filter((line) => /^\s+at /.test(line))
      .slice(0, 8)
      .map((line) => line.trim()),
  }
}
