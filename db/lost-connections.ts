import { Socket } from 'node:net'
import postgres, { type Options, type ReservedSql, type Sql, type TransactionSql } from 'postgres'

/*
 * The driver goes on with a connection that is lost. It writes the end of a transaction, and whatever else was to be done
 * in one or in a reserved session, to a socket that is gone, which ends the process; or to the connection that another
 * query has opened again in its place, where it is no transaction any more. And a write that was due when the socket
 * closed is never made and keeps the next connection from beginning. Here a lost connection is over, for all who use it.
 */

type Types = { bigint: number }
type Settings = Options<{ bigint: postgres.PostgresType<number> }>

/** What the driver tells of a lost connection, for statements that come after it. */
class ConnectionLost extends Error {
  readonly code = 'CONNECTION_CLOSED'
}

/** A client whose transactions and reserved sessions end with their connection, and whose connections come back. */
export function steadyClient(url: string, settings: Settings): Sql<Types> {
  const sql = postgres(url, { ...settings, ...socketFor(url) })
  const own: Partial<Record<string | symbol, unknown>> = {
    begin: (work: (tx: TransactionSql<Types>) => unknown) => begin(sql, work),
    reserve: () => reserve(url, settings),
  }
  return new Proxy(sql, { get: (target, name) => own[name] ?? Reflect.get(target, name) })
}

function begin(sql: Sql<Types>, work: (tx: TransactionSql<Types>) => unknown): Promise<unknown> {
  const state = { lost: false }
  const outcome = sql.begin(async (tx) => {
    try {
      return await work(until(tx, state))
    } catch (error) {
      // the driver rolls back now, unless it learns in this turn that there is nothing left to roll back
      await new Promise((resolve) => setImmediate(resolve))
      if (!state.lost) throw error
    } finally {
      // it has told whoever waits for the transaction; it must not go on to its end
      if (state.lost) await new Promise(() => {})
    }
  })
  outcome.catch(() => {
    state.lost = true
  })
  return outcome
}

/** A session on a connection of its own, which ends with it: what the session held is not taken up by another one. */
async function reserve(url: string, settings: Settings): Promise<ReservedSql<Types>> {
  const state = { lost: false }
  const client = postgres(url, {
    ...settings,
    ...socketFor(url),
    max: 1,
    onclose: () => {
      state.lost = true
    },
  })
  const session = await client.reserve().catch(async (error: unknown) => {
    await client.end({ timeout: 0 })
    throw error
  })
  const release = () => {
    if (!state.lost) session.release()
    // nobody waits for that: the connection is idle or gone
    void client.end({ timeout: 1 })
  }
  return new Proxy(until(session, state), {
    get: (target, name) => (name === 'release' ? release : Reflect.get(target, name)),
  })
}

/** The same, but every statement throws once the connection is lost. */
function until<T extends TransactionSql<Types> | ReservedSql<Types>>(run: T, state: { readonly lost: boolean }): T {
  const check = () => {
    if (state.lost) throw new ConnectionLost('The connection to the database was lost.')
  }
  return new Proxy(run, {
    apply(target, _, statement) {
      check()
      return Reflect.apply(target, undefined, statement)
    },
    get(target, name) {
      if (name === 'unsafe' || name === 'savepoint') check()
      return Reflect.get(target, name)
    },
  })
}

/** The driver picks among several hosts itself. */
function socketFor(url: string): object {
  if (/,/.test(url.replace(/^[^@]*@/, '').replace(/[/?].*$/, ''))) return {}
  return {
    socket: ({ host, port, path }: { host: string[]; port: number[]; path?: string }) => {
      const socket = new LateClosingSocket()
      if (path) return socket.connect(path)
      const [to = 'localhost'] = host
      // the driver takes the name that a certificate must have from here
      return Object.assign(socket.connect(port[0] ?? 5432, to), { host: to })
    },
  }
}

/** Tells of its end after writes that were due have been made: they fail, and are not left for the next connection. */
class LateClosingSocket extends Socket {
  override emit(event: string | symbol, ...details: unknown[]): boolean {
    if (event !== 'close') return super.emit(event, ...details)
    // never "after an error": then the driver would leave a query without an answer that it took since that error
    setImmediate(() => setImmediate(() => super.emit(event, false)))
    return true
  }
}
