import type { FailureKind } from './failure.ts'
import { DestinationFailure } from './failure.ts'

/** What an error of a platform means to us: `what` happened, `whose` move it is, what to do `next` (both whole sentences). */
export type Meaning = {
  readonly kind: FailureKind
  readonly what: string
  readonly whose: string
  readonly next: string
  /** How long to wait where the platform does not say, in milliseconds. */
  readonly waitMs?: number
  /** On a list's own calls: the list is not there for us, be it deleted or hidden. */
  readonly listGone?: true
  /** And it was deleted for sure, so that nobody is in it any more. */
  readonly listDeleted?: true
}

/** What was found out beside the meaning. */
export type Found = {
  /** The platform's own code, such as `190/463` or `http 502`. */
  readonly code: string
  readonly retryAfterMs?: number | undefined
  readonly rowsSuspect?: boolean | undefined
  /** The members that a whole request was refused for, each with the reason. */
  readonly members?: ReadonlyMap<string, string> | undefined
}

/** The failure that the framework sees: its sentence tells what is wrong and what to do next. */
export function failureOf(platform: string, meaning: Meaning, found: Found): DestinationFailure {
  const { kind, what, next, waitMs, listGone, listDeleted } = meaning
  const retryAfterMs = kind === 'throttled' ? (found.retryAfterMs ?? waitMs) : undefined
  return new DestinationFailure(kind, `${what} ${next} (${platform}: ${found.code})`, {
    code: found.code,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(found.members && { members: found.members }),
    rowsSuspect: found.rowsSuspect ?? false,
    listGone: listGone ?? false,
    listDeleted: listDeleted ?? false,
  })
}

/** For an answer that is no JSON, such as an HTML page of some proxy. */
export const notJson = (platform: string): Meaning => ({
  kind: 'retry',
  what: `${platform} answered with a page instead of data.`,
  whose: 'this service',
  next: 'It is repeated by itself.',
})

/** For an answer that is JSON of another form than the platform's API describes. */
export const unreadable = (platform: string): Meaning => ({
  kind: 'retry',
  what: `${platform}'s answer does not have the form that its API describes.`,
  whose: 'this service',
  next: 'It is repeated by itself; if this goes on, check whether the version of the API is current, and report it.',
})
