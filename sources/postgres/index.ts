import postgres from 'postgres'
import { type Column, type Problem, type Selection, type Source, SourceFailure, type Table } from '../define.ts'
import { sourceFailure } from './errors.ts'

export type PostgresOptions = {
  readonly signal?: AbortSignal
  /** The longest that one statement may take, in milliseconds. */
  readonly statementTimeoutMs?: number
}

const lockTimeoutMs = 30_000
const connectTimeoutSeconds = 10
const mostSampled = 10_000

/** A PostgreSQL database to read people from: every call in a read-only transaction that sees one moment. */
export function openPostgres(url: string, options: PostgresOptions = {}): Source {
  const sql = connectTo(url, options)
  const reading = async <T>(work: (tx: postgres.TransactionSql) => Promise<T>): Promise<T> => {
    try {
      return (await sql.begin('isolation level repeatable read read only', async (tx) => work(tx))) as T
    } catch (error) {
      throw sourceFailure(error)
    }
  }
  return {
    check: async () => {
      try {
        const [row] = await reading(
          (tx) => tx<Record<string, string>[]>`
          select current_database() as database, current_user as "user", split_part(version(), ' ', 2) as version`,
        )
        return { ok: true, problems: [], facts: { ...row } }
      } catch (error) {
        return { ok: false, problems: [problemOf(error)], facts: {} }
      }
    },
    tables: () => reading(readTables),
    columns: (selection) => reading((tx) => readColumns(tx, selection)),
    sample: (selection, columns, rows) =>
      reading(async (tx) => {
        const list = columns.map((column) => `${quoted(column)}::text`).join(', ')
        const limit = Math.min(Math.max(0, Math.trunc(rows)), mostSampled)
        const found = await tx.unsafe(`select ${list} from ${from(selection)} limit ${limit}`).values()
        return found.map((row) => row.map((value) => (value === null ? null : String(value))))
      }),
    count: (selection) =>
      reading(async (tx) => {
        const [row] = await tx.unsafe<{ n: string }[]>(`select count(*)::text as n from ${from(selection)}`)
        return Number(row?.n ?? 0)
      }),
    copyOut: (selection, columns, { signal } = {}) => copyOut(sql, selection, columns, signal ?? options.signal),
    end: () => sql.end({ timeout: 1 }),
  }
}

function connectTo(url: string, { statementTimeoutMs = 60_000 }: PostgresOptions): postgres.Sql {
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw new SourceFailure({
      code: 'url_wrong',
      what: 'The connection string of the source does not begin with postgres://.',
      whose: 'you',
      next: 'Give it as postgres://user:password@host:port/database.',
    })
  }
  return postgres(url, {
    max: 2,
    idle_timeout: 10,
    connect_timeout: connectTimeoutSeconds,
    onnotice: () => {},
    connection: {
      application_name: 'audience-sync source',
      statement_timeout: statementTimeoutMs,
      lock_timeout: lockTimeoutMs,
    },
  })
}

async function* copyOut(
  sql: postgres.Sql,
  selection: Selection,
  columns: readonly string[],
  signal: AbortSignal | undefined,
): AsyncIterable<Buffer> {
  let session: postgres.ReservedSql | undefined
  try {
    session = await sql.reserve()
    await session`begin isolation level repeatable read read only`
    const list = columns.map(quoted).join(', ')
    const stream = await session.unsafe(`copy (select ${list} from ${from(selection)}) to stdout`).readable()
    signal?.addEventListener('abort', () => stream.destroy(new Error('stopped')), { once: true })
    yield* gathered(stream)
    await session`commit`
  } catch (error) {
    signal?.throwIfAborted()
    throw sourceFailure(error)
  } finally {
    session?.release()
  }
}

const gatherBytes = 64 * 1024

/** The driver hands out a row at a time; fewer, larger chunks cost less on the way. */
async function* gathered(rows: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let parts: Buffer[] = []
  let size = 0
  for await (const row of rows) {
    parts.push(row)
    size += row.length
    if (size < gatherBytes) continue
    yield Buffer.concat(parts, size)
    parts = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(parts, size)
}

async function readTables(tx: postgres.TransactionSql): Promise<Table[]> {
  const rows = await tx<{ schema: string; name: string; kind: Table['kind']; columns: Column[] }[]>`
    select n.nspname as schema, c.relname as name,
      case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end as kind,
      json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) order by a.attnum) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema')
      and n.nspname not like 'pg_%' and has_table_privilege(c.oid, 'select')
    group by 1, 2, 3 order by 1, 2`
  return rows.map((row) => ({ ...row, qualified: row.schema === 'public' ? row.name : `${row.schema}.${row.name}` }))
}

async function readColumns(tx: postgres.TransactionSql, selection: Selection): Promise<Column[]> {
  const { columns } = await tx.unsafe(`select * from ${from(selection)} limit 0`)
  const names = columns.map(({ name }) => name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) {
    throw new SourceFailure({
      code: 'column_twice',
      what: `The query has two columns named ${twice}.`,
      whose: 'you',
      next: 'Name each column of the query once.',
    })
  }
  const types = await tx<{ oid: number; type: string }[]>`
    select oid::int, format_type(oid, null) as type from pg_type where oid = any(${columns.map(({ type }) => type)}::oid[])`
  const typeOf = new Map(types.map(({ oid, type }) => [oid, type]))
  return columns.map(({ name, type }) => ({ name, type: typeOf.get(type) ?? 'unknown' }))
}

/** A query is read as a subquery, so that it can be one statement only, and one that reads. */
function from(selection: Selection): string {
  if ('query' in selection) return `(${selection.query.replace(/;\s*$/, '')}\n) as audience_query`
  return selection.table.split('.').map(quoted).join('.')
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

function problemOf(error: unknown): Problem {
  const { code, message, whose, next } = sourceFailure(error)
  return { code, what: message, whose, next }
}
