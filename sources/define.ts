/** What a reader of members can be asked for: the result of one SELECT, or a table or view (`name` or `schema.name`). */
export type Selection = { readonly query: string } | { readonly table: string }

/** `type` is PostgreSQL's name of it, such as `text` or `timestamp with time zone`. */
export type Column = { readonly name: string; readonly type: string }

/** A table or view of the source. `qualified` is what `Selection.table` takes. */
export type Table = {
  readonly schema: string
  readonly name: string
  readonly qualified: string
  readonly kind: 'table' | 'view' | 'materialized view' | 'foreign table'
  readonly columns: readonly Column[]
}

export type Problem = {
  /** A stable word for programs, such as `password_wrong`. */
  readonly code: string
  readonly what: string
  /** Whose move it is, such as "you" or "nobody: it is retried". */
  readonly whose: string
  readonly next: string
}

/** What a check of a source found. `problems` is empty when all is well; `facts` are labels and values to show. */
export type SourceCheck = {
  readonly ok: boolean
  readonly problems: readonly Problem[]
  readonly facts: Readonly<Record<string, string>>
}

/** A source that people are read from. Every call throws `SourceFailure` and nothing else. */
export type Source = {
  /** Never throws for what is wrong at the source: that is in `problems`. */
  readonly check: () => Promise<SourceCheck>
  readonly tables: () => Promise<Table[]>
  /** The columns that a selection offers, in its order. Nothing is read. */
  readonly columns: (selection: Selection) => Promise<Column[]>
  /** The first `rows` rows (at most 10,000) of the named columns, as text. For previews: in no particular order. */
  readonly sample: (selection: Selection, columns: readonly string[], rows: number) => Promise<(string | null)[][]>
  readonly count: (selection: Selection) => Promise<number>
  /**
   * All rows at one moment, in PostgreSQL's COPY text format, in chunks that break anywhere: the named columns in their
   * order, the member id first. Ending the loop early or the signal ends the query at the source.
   */
  readonly copyOut: (
    selection: Selection,
    columns: readonly string[],
    options?: { readonly signal?: AbortSignal },
  ) => AsyncIterable<Buffer>
  readonly end: () => Promise<void>
}

/** A source that could not be read. The message is our own sentence: database errors quote values, so they end here. */
export class SourceFailure extends Error {
  readonly code: string
  readonly whose: string
  readonly next: string
  /** True where the same call can work later without anybody doing anything. */
  readonly passes: boolean
  /** Five characters, where PostgreSQL said one. */
  readonly sqlstate: string | undefined

  constructor(problem: Problem & { readonly passes?: boolean; readonly sqlstate?: string }) {
    super(problem.what)
    this.name = 'SourceFailure'
    this.code = problem.code
    this.whose = problem.whose
    this.next = problem.next
    this.passes = problem.passes ?? false
    this.sqlstate = problem.sqlstate
  }

  get problem(): Problem {
    return { code: this.code, what: this.message, whose: this.whose, next: this.next }
  }
}
