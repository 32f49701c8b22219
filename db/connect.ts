import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import type postgres from 'postgres'
import { steadyClient } from './lost-connections.ts'
import * as schema from './schema/index.ts'

export type Sql = postgres.Sql
/** A connection or a transaction: what every query of `queries/` takes first. */
export type Runner = postgres.Sql | postgres.TransactionSql
export type Orm = PostgresJsDatabase<typeof schema>

/** `sql` for set work and COPY, `orm` for single rows. */
export type Database = { readonly sql: Sql; readonly orm: Orm; readonly end: () => Promise<void> }

/**
 * Opens pools of at most `max` connections in all, beside one for each reserved session; nothing is dialled before the
 * first query. There are two, because drizzle turns dates into text for every query of the client that it is given.
 */
export function connect(url: string, { max = 10, name = 'audience-sync' } = {}): Database {
  const ormMax = Math.max(1, Math.floor(max / 4))
  const sql = open(url, Math.max(1, max - ormMax), name)
  const rows = open(url, ormMax, name)
  const end = async () => {
    await Promise.all([sql.end({ timeout: 5 }), rows.end({ timeout: 5 })])
  }
  return { sql, orm: drizzle(rows, { schema, casing: 'snake_case' }), end }
}

const open = (url: string, max: number, name: string) =>
  steadyClient(url, {
    max,
    idle_timeout: 60,
    connect_timeout: 10,
    onnotice: () => {},
    // bigint as a JavaScript number: ids and counts stay below 2^53; fingerprints are read by COPY
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
    connection: { application_name: name },
  })
