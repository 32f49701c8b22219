import { randomBytes } from 'node:crypto'
import connect from 'postgres'
import { inject } from 'vitest'
import { templateDatabase } from './shared-servers.ts'

export type TestDatabase = {
  url: string
  /** Cuts its sessions and drops it. What a failed test leaves is gone with the run's server. */
  drop(): Promise<void>
}

/** A migrated, empty database, for one test file; on the run's PostgreSQL unless another one is given. */
export const createDatabase = (server = inject('postgresUrl')): Promise<TestDatabase> =>
  create(server, `template ${templateDatabase}`)

/** A database without any tables, such as a customer's own. */
export const createEmptyDatabase = (server = inject('postgresUrl')): Promise<TestDatabase> =>
  create(server, 'template template0')

async function create(server: string, options: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  await run(server, `create database ${name} ${options}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => run(server, `drop database if exists ${name} with (force)`) }
}

async function run(url: string, statement: string): Promise<void> {
  const sql = connect(url, { max: 1, onnotice: () => {} })
  await sql.unsafe(statement).finally(() => sql.end({ timeout: 5 }))
}
