/**
 * The four kinds of failure. `retry`: passes by itself; `throttled`: passes after a delay that the platform named;
 * `auth`: a person must act at the platform or reconnect; `config`: this sync's settings need attention.
 */
export type FailureKind = 'retry' | 'throttled' | 'auth' | 'config'

/** A call to a platform that did not work. Its message is our own sentence: it never quotes what was sent. */
export class DestinationFailure extends Error {
  readonly kind: FailureKind
  /** The platform's own code, such as `190/463`, for the log. */
  readonly code: string | undefined
  /** How long to wait, for `throttled`, in milliseconds. */
  readonly retryAfterMs: number | undefined
  /** True where one bad row may be the cause, so that halving the batch can find it. */
  readonly rowsSuspect: boolean
  /** True where the platform does not find the list: it was deleted, or the credentials may not see it any more. */
  readonly listGone: boolean
  /** The members that a whole request was refused for, by key, each with the reason: they are set aside, the rest is sent. */
  readonly members: ReadonlyMap<string, string>
  /** True where the platform says that the list was deleted: only then is nobody in it any more. */
  readonly listDeleted: boolean

  constructor(
    kind: FailureKind,
    message: string,
    detail: {
      code?: string
      retryAfterMs?: number
      rowsSuspect?: boolean
      listGone?: boolean
      members?: ReadonlyMap<string, string>
      listDeleted?: boolean
    } = {},
  ) {
    super(message)
    this.name = 'DestinationFailure'
    this.kind = kind
    this.code = detail.code
    this.retryAfterMs = detail.retryAfterMs
    this.rowsSuspect = detail.rowsSuspect ?? false
    this.listGone = detail.listGone ?? false
    this.members = detail.members ?? new Map()
    this.listDeleted = detail.listDeleted ?? false
  }
}
