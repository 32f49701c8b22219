import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import * as schema from './schema/index.ts'

export type Sql = postgres.Sql
/** A connection or a transaction: what every query of `queries/` takes first. */
export type Runner = postgres.Sql | postgres.TransactionSql
export type Orm = PostgresJsDatabase<typeof schema>

/** `sql` for set work and COPY, `orm` for single rows; both share one pool. */
export type Database = { readonly sql: Sql; readonly orm: Orm; readonly end: () => Promise<void> }

/** Opens a pool of at most `max` connections; nothing is dialled before the first query. */
export function connect(url: string, { max = 10, name = 'audience-sync' } = {}): Database {
  const sql = postgres(url, {
    max,
    idle_timeout: 60,
    connect_timeout: 10,
    onnotice: () => {},
    // bigint as a JavaScript number: ids and counts stay below 2^53; fingerprints are read by COPY
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
    connection: { application_name: name },
  })
  return { sql, orm: drizzle(sql, { schema, casing: 'snake_case' }), end: () => sql.end({ timeout: 5 }) }
}
