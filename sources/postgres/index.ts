import type { Readable } from 'node:stream'
import { decodeRow } from '../copy-text.ts'
import { type Column, type Selection, type Source, type SourceCheck, SourceFailure, type Table } from '../define.ts'
import { parseAddress } from './address.ts'
import { describeColumns, selectList, writtenAfter } from './columns.ts'
import { failureOf } from './failure.ts'
import { fromSql, qualified } from './selection.ts'
import { inSession, openSession, type Session, type SessionOptions } from './session.ts'

export type PostgresOptions = {
  /** Ends whatever is running. */
  readonly signal?: AbortSignal
  /** The longest that one statement may take; default one minute. */
  readonly statementTimeoutMs?: number
  /** The name under which the database's administrator sees us. */
  readonly applicationName?: string
}

const mostSampled = 10_000

/**
 * A PostgreSQL database that people are read from. Nothing is dialled before the first call; each call has a connection
 * and a read-only transaction of its own, so `end` has nothing to do but end calls that still run.
 * Throws `SourceFailure` where the address cannot be one.
 */
export function openPostgres(url: string, options: PostgresOptions = {}): Source {
  const address = parseAddress(url)
  const closing = new AbortController()
  const settings: SessionOptions = {
    signal: options.signal ? AbortSignal.any([options.signal, closing.signal]) : closing.signal,
    statementTimeoutMs: options.statementTimeoutMs ?? 60_000,
    applicationName: options.applicationName ?? 'audience-sync',
  }
  const call = <T>(work: (session: Session) => Promise<T>): Promise<T> =>
    inSession(address, settings, work).catch((error) => {
      throw settings.signal?.aborted ? stopped() : failureOf(error)
    })

  return {
    check: () =>
      call(facts).then(
        (found): SourceCheck => ({ ok: true, problems: [], facts: found }),
        (error): SourceCheck => ({ ok: false, problems: [failureOf(error).problem], facts: {} }),
      ),
    tables: () => call(readTables),
    columns: (selection) =>
      call(({ sql }) => describeColumns(sql, selection)).then((columns) =>
        columns.map(({ name, type }): Column => ({ name, type })),
      ),
    sample: async (selection, columns, rows) => {
      const parts: Buffer[] = []
      const limit = Math.max(0, Math.min(mostSampled, Math.floor(rows)))
      for await (const chunk of copy(selection, columns, { withId: false, limit })) parts.push(chunk)
      const text = Buffer.concat(parts)
      return [...lines(text)].map(decodeRow)
    },
    count: (selection) =>
      call(async ({ sql }) => {
        await describeColumns(sql, selection)
        const head = 'select count(*)::text as rows from '
        const from = fromSql(selection)
        const [row] = await sql.unsafe<{ rows: string }[]>(head + from.sql).catch((error) => {
          throw failureOf(error, writtenAfter(head, from))
        })
        return Number(row?.rows ?? 0)
      }),
    copyOut: (selection, columns, { signal } = {}) => copy(selection, columns, { withId: true, signal }),
    end: async () => closing.abort(),
  }

  async function* copy(
    selection: Selection,
    names: readonly string[],
    { withId, limit, signal }: { withId: boolean; limit?: number; signal?: AbortSignal | undefined },
  ): AsyncGenerator<Buffer, void> {
    const ending = signal && settings.signal ? AbortSignal.any([signal, settings.signal]) : settings.signal
    const from = fromSql(selection)
    let head = ''
    try {
      const { session, close } = await openSession(address, { ...settings, signal: ending }, true)
      try {
        const { sql, tap } = session
        if (!tap) throw new Error('A session for COPY has a tap.')
        const offered = await describeColumns(sql, selection)
        head = `copy (select ${selectList(offered, names, withId)} from `
        const tail = `${limit === undefined ? '' : ` limit ${limit}`}) to stdout`
        const query = sql.unsafe(head + from.sql + tail)
        hearErrors(query, tap.fail)
        await query.readable()
        yield* tap.data
      } finally {
        await close()
      }
    } catch (error) {
      throw ending?.aborted ? stopped() : failureOf(error, writtenAfter(head, from))
    }
  }
}

/**
 * Hears a stream's error from its first moment: an error in the same packet as the COPY's begin is told before a
 * waiting `await` goes on, and one that nobody hears ends the process. `resolve` is where the driver hands it over.
 */
function hearErrors(query: object, fail: (error: unknown) => void): void {
  if (!('resolve' in query) || typeof query.resolve !== 'function')
    throw new Error('The driver hands streams over in another way.')
  const handOver = query.resolve
  Object.assign(query, {
    resolve: (stream: Readable) => {
      stream.on('error', fail)
      handOver(stream)
    },
  })
}

async function facts({ sql }: Session): Promise<Record<string, string>> {
  const [row] = await sql.unsafe<{ version: string; database: string; user: string; writes: boolean; tls: boolean }[]>(`
    select current_setting('server_version') as version, current_database() as database, current_user as user,
      coalesce((select rolsuper from pg_roles where rolname = current_user), false) as writes,
      coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false) as tls`)
  if (!row) return {}
  return {
    Server: `PostgreSQL ${row.version}`,
    Database: row.database,
    User: row.user,
    Encrypted: row.tls ? 'yes' : 'no',
    ...(row.writes ? { Advice: 'This user is a superuser. A user that may only SELECT is enough.' } : {}),
  }
}

const kinds: Readonly<Record<string, Table['kind']>> = {
  r: 'table',
  p: 'table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
}

async function readTables({ sql }: Session): Promise<Table[]> {
  const rows = await sql.unsafe<{ schema: string; name: string; kind: string; columns: Column[] }[]>(`
    select n.nspname as schema, c.relname as name, c.relkind::text as kind,
      (select coalesce(json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, null)) order by a.attnum), '[]')
       from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
      and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
      and has_schema_privilege(n.oid, 'usage') and has_any_column_privilege(c.oid, 'select')
    order by n.nspname, c.relname limit 5000`)
  return rows.map(({ schema, name, kind, columns }) => ({
    schema,
    name,
    qualified: qualified(schema, name),
    kind: kinds[kind] ?? 'table',
    columns,
  }))
}

function* lines(text: Buffer): Generator<Buffer> {
  let start = 0
  for (let end = text.indexOf(10); end >= 0; end = text.indexOf(10, start)) {
    yield text.subarray(start, end)
    start = end + 1
  }
}

const stopped = () =>
  new SourceFailure({
    code: 'stopped',
    what: 'Reading the source was stopped.',
    whose: 'nobody: it is tried again if it is still wanted',
    next: 'Nothing.',
    passes: true,
  })
