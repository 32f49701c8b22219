import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import { asUnreachable } from './unreachable.ts'

const lockKey = 7_240_115

/**
 * Applies the migrations that are missing. Several processes may start at once: one does it, the others wait.
 * @throws DatabaseUnreachable
 */
export async function migrate(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await sql`select pg_advisory_lock(${lockKey})`
    await applyMigrations(drizzle(sql), { migrationsFolder: fileURLToPath(new URL('./migrations', import.meta.url)) })
    await sql`select pg_advisory_unlock(${lockKey})`
  } catch (error) {
    throw asUnreachable(url, error)
  } finally {
    await sql.end({ timeout: 5 })
  }
}
