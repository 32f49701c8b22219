import type { ReservedSql, Sql } from 'postgres'
import { poll } from '../../scripts/stack/process.ts'
import type { Deployment } from './deployment.ts'

/**
 * Places in the journey of the data at which a process can be made to stand still from outside, by a lock on the row or
 * table that its next statement needs. Whoever kills it there knows exactly what was done and what was not.
 */
export const crashPoints = [
  /** The source is being read. */
  'during the snapshot',
  /** Staged; the comparison with the ledger has not begun. */
  'before the diff',
  /** The plan is written; the delivery is not recorded. */
  'plan without delivery',
  /** The delivery is recorded; nothing is hashed and numbered. */
  'before the hash',
  /** Numbered; the batch is not marked as `sending`. */
  'before the send',
  /** Marked as `sending`; no byte is out. */
  'marked but not sent',
  /** The platform has answered; the receipt is not stored. */
  'answered but not stored',
  /** All of the first phase is stored; the next one has not begun. */
  'between phases',
  /** The platform was asked for a receipt; what it said is not stored. */
  'in the middle of settle',
] as const
export type CrashPoint = (typeof crashPoints)[number]

export type Place = {
  readonly syncId: string
  readonly syncNo: number
  /** The table in the source. */
  readonly table: string
}

export type Frozen = {
  /** Waits until a process stands there; false when none came within the time. */
  reached(withinMs: number): Promise<boolean>
  /** Lets go of everything. After a crash of the database there is nothing to let go of. */
  release(): Promise<void>
}

/** A transaction of our own that holds a lock, and sees who waits for it. */
type Lock = { waits(query: RegExp): Promise<boolean>; release(): Promise<void> }

/** Where an upload takes its place in the line of those who send to one list: everything is numbered, nothing is marked. */
const atTheList = /pg_advisory_xact_lock/

/** Puts the obstacle in the way of whoever comes next. */
export async function freeze({ sql, people }: Deployment, at: Place, point: CrashPoint): Promise<Frozen> {
  const held: Lock[] = []
  const take = async (on: Sql, statement: string) => {
    const lock = await takeLock(on, statement)
    held.push(lock)
    return lock
  }
  const first = await take(point === 'during the snapshot' ? people : sql, await firstLock(sql, at, point))
  const stands = (lock: Lock, query: RegExp, deadline: number) =>
    poll(() => lock.waits(query), Math.max(0, deadline - performance.now()), 20)

  /** Puts the next obstacle in the way, and lets the process go on to it. */
  const goOn = async (from: Lock, statement: string) => {
    const lock = await take(sql, statement)
    await from.release()
    return lock
  }
  const places: Record<CrashPoint, (deadline: number) => Promise<boolean>> = {
    // whatever reads the table first: what it offers is looked up before it is copied
    'during the snapshot': (deadline) => stands(first, /select/i, deadline),
    // the first thing that a comparison asks the ledger
    'before the diff': (deadline) => stands(first, /as doubtful from batch b/, deadline),
    'plan without delivery': (deadline) => stands(first, /select from sync where id = .* for update/, deadline),
    'before the hash': (deadline) =>
      stands(first, /copy ledger_|insert into ledger|update ledger|delete from ledger/, deadline),
    'before the send': (deadline) => stands(first, atTheList, deadline),
    'marked but not sent': async (deadline) => {
      if (!(await stands(first, atTheList, deadline))) return false
      const ledger = await goOn(first, `lock table ledger_${at.syncNo} in access exclusive mode`)
      return stands(ledger, /copy \(select member_key, identifiers/, deadline)
    },
    'answered but not stored': async (deadline) => {
      if (!(await stands(first, atTheList, deadline))) return false
      const ledger = await goOn(first, `lock table ledger_${at.syncNo} in access exclusive mode`)
      if (!(await stands(ledger, /copy \(select member_key, identifiers/, deadline))) return false
      const batch = await goOn(
        ledger,
        `select from batch where sync_no = ${at.syncNo} and state = 'sending' for no key update`,
      )
      return stands(batch, /update batch set state = \$\d+, answered_at/, deadline)
    },
    'between phases': async (deadline) => {
      if (!(await stands(first, atTheList, deadline))) return false
      const batches = await goOn(
        first,
        `select from batch b where sync_no = ${at.syncNo} and state = 'prepared' and phase <> (
          select phase from batch p where p.delivery_id = b.delivery_id and p.state in ('prepared', 'sending')
          order by number limit 1) for no key update`,
      )
      return stands(batches, /update batch set state = 'sending'/, deadline)
    },
    'in the middle of settle': async (deadline) => {
      const open = () =>
        sql`select from batch where sync_no = ${at.syncNo} and state = 'accepted' and final_at is null`.then(
          ({ length }) => length > 0,
        )
      if (!(await poll(open, Math.max(0, deadline - performance.now()), 10))) return false
      const receipts = await take(
        sql,
        `select from batch where sync_no = ${at.syncNo} and state = 'accepted' and final_at is null for no key update`,
      )
      return stands(receipts, /update batch set (ask_at|state = \$\d+, final_at)/, deadline)
    },
  }
  return {
    reached: (withinMs) => places[point](performance.now() + withinMs),
    release: async () => {
      for (const lock of held) await lock.release()
    },
  }
}

async function firstLock(sql: Sql, { syncId, syncNo, table }: Place, point: CrashPoint): Promise<string> {
  const [ledger] = await sql`select to_regclass(${`ledger_${syncNo}`}) as there`
  switch (point) {
    case 'during the snapshot':
      return `lock table ${table} in access exclusive mode`
    case 'before the diff':
      return ledger?.there ? `lock table ledger_${syncNo} in access exclusive mode` : 'select'
    case 'plan without delivery':
      return `select from sync where id = '${syncId}' for update`
    case 'before the hash':
      // reading, as the diff does, is let through
      return ledger?.there ? `lock table ledger_${syncNo} in share mode` : 'select'
    case 'in the middle of settle':
      return 'select'
    default:
      return `select pg_advisory_xact_lock(hashtextextended('upload ' || account || ' ' || list_id, 0))
        from sync where id = '${syncId}'`
  }
}

async function takeLock(on: Sql, statement: string): Promise<Lock> {
  const session: ReservedSql = await on.reserve()
  let open = true
  const release = async () => {
    if (!open) return
    open = false
    try {
      await session`rollback`
    } catch {
      // the connection has died with the database, and the lock with it
    }
    session.release()
  }
  try {
    await session`begin`
    const [mine] = await session<{ pid: number }[]>`select pg_backend_pid() as pid`
    await session.unsafe(statement)
    return {
      release,
      waits: async (query) => {
        const waiting = await on<{ query: string }[]>`
          select query from pg_stat_activity where ${mine?.pid ?? 0} = any(pg_blocking_pids(pid))`
        return waiting.some((each) => query.test(each.query))
      },
    }
  } catch (error) {
    await release()
    throw error
  }
}
