/** One request to a platform: counts and names, never a value of a member and never a secret of the query. */
export interface LoggedRequest {
  seq: number
  time: string
  platform: string
  method: string
  path: string
  /** null while the answer is outstanding, and for ever when none was sent. */
  status: number | null
  operation: string | null
  /** true once the platform's own work ran, whether or not its answer arrived. */
  worked: boolean
  fault: string | null
  received: number | null
  invalid: number | null
  session_id: string | null
  batch_seq: number | null
}

export interface RequestLog {
  open(entry: Pick<LoggedRequest, 'time' | 'platform' | 'method' | 'path'>): LoggedRequest
  after(seq: number, platform: string | undefined, limit: number): LoggedRequest[]
  forget(platform: string): void
}

/** Older entries fall out, so that a sandbox left running for weeks stays small. */
const KEPT = 100_000

export function startRequestLog(): RequestLog {
  let entries: LoggedRequest[] = []
  let seq = 0
  return {
    open: (entry) => {
      const logged: LoggedRequest = {
        seq: ++seq,
        ...entry,
        status: null,
        operation: null,
        worked: false,
        fault: null,
        received: null,
        invalid: null,
        session_id: null,
        batch_seq: null,
      }
      entries.push(logged)
      if (entries.length > KEPT * 1.1) entries = entries.slice(-KEPT)
      return logged
    },
    after: (from, platform, limit) => {
      const found: LoggedRequest[] = []
      for (const entry of entries) {
        if (entry.seq <= from || (platform !== undefined && entry.platform !== platform)) continue
        found.push(entry)
        if (found.length === limit) break
      }
      return found
    },
    forget: (platform) => {
      entries = entries.filter((entry) => entry.platform !== platform)
    },
  }
}

/** Query parameters that cannot name a person or open a door. */
const harmless = ['fields', 'limit', 'method', 'session_id']

/** The path as it may be logged: everything in the query that could be a secret or a member is left out. */
export function loggablePath(path: string, query: URLSearchParams): string {
  const kept = new URLSearchParams()
  for (const name of harmless) {
    const value = query.get(name)
    if (value !== null) kept.set(name, value.slice(0, 200))
  }
  return kept.size > 0 ? `${path}?${kept}` : path
}
