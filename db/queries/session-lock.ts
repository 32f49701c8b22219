import type { ReservedSql } from 'postgres'
import type { Sql } from '../connect.ts'

/**
 * Does work that only one process may do at a time, over a connection of its own, which holds the lock. Returns `busy`
 * at once when somebody else is at it. A process that dies frees the lock with its connection.
 */
export async function withSessionLock<T>(
  sql: Sql,
  name: string,
  work: (session: ReservedSql) => Promise<T>,
): Promise<T | 'busy'> {
  const session = await sql.reserve()
  try {
    const [lock] = await session<{ mine: boolean }[]>`select pg_try_advisory_lock(hashtextextended(${name}, 0)) as mine`
    if (!lock?.mine) return 'busy'
    try {
      return await work(session)
    } finally {
      await session`select pg_advisory_unlock(hashtextextended(${name}, 0))`
    }
  } finally {
    session.release()
  }
}
