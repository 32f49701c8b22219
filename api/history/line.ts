/** `debug` is for engineers, `info` for everybody, `warning` needs attention or was out of the ordinary. */
export const levels = ['debug', 'info', 'warning'] as const
export type Level = (typeof levels)[number]

/** One line of a log: a thing that began at `at` and, once it has ended, lasted until `endedAt`. */
export type Line = {
  /** Unique in a log, and the order of lines of one moment. */
  readonly id: string
  readonly at: string
  readonly endedAt: string | null
  readonly level: Level
  /** What it is about, for programs: `signal.instantSync`, `step.upload`, `workflow.terminated` … */
  readonly kind: string
  /** A sentence. Nothing in it was typed by a person into Temporal, and nothing in it can name a member. */
  readonly message: string
  readonly data: Readonly<Record<string, unknown>>
  /** From Temporal's history, or from rows that outlive it. */
  readonly source: 'history' | 'records'
  /** Where in Temporal it stands: its first event. Null where only rows are left. */
  readonly workflowId: string | null
  readonly runId: string | null
  readonly eventId: number | null
  /** What in Postgres it is about; not shown. */
  readonly about: About
}

export type About = {
  /** The audience workflow's cycle, as `run.cycle` has it. */
  readonly cycle?: string
  readonly run?: string
  readonly delivery?: string
  readonly phase?: string
  /** Syncs to be named in the sentence. */
  readonly sync?: string
}

/** Newest first: which of two lines comes first. */
export const newestFirst = (a: Place, b: Place) => (isBefore(a, b) ? 1 : isBefore(b, a) ? -1 : 0)

export type Place = Pick<Line, 'at' | 'id'>
export const isBefore = (a: Place, b: Place) => (a.at === b.at ? a.id < b.id : a.at < b.at)

export const moment = (ms: number) => new Date(ms).toISOString()
