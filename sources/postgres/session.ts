import connect, { type Sql } from 'postgres'
import type { Address } from './address.ts'
import { type CopyTap, tapCopy } from './copy-tap.ts'
import { DialError, dial } from './dial.ts'

export type SessionOptions = {
  readonly signal?: AbortSignal | undefined
  readonly statementTimeoutMs: number
  readonly applicationName: string
}

/** One read-only transaction on a connection of its own. */
export type Session = {
  readonly sql: Sql
  readonly tap: CopyTap | undefined
}

const connectTimeoutMs = 10_000
/** How long a query waits for somebody else's lock, and how often the server looks whether we are still there. */
const lockTimeoutMs = 10_000

/**
 * Runs `work` in a transaction that sees one moment and cannot write, and ends the connection afterwards. When the
 * signal fires the connection is cut, which the server notices when it sends, or within two seconds (from version 14 on).
 */
export async function inSession<T>(
  address: Address,
  options: SessionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const opened = await openSession(address, options, false)
  try {
    return await work(opened.session)
  } finally {
    await opened.close()
  }
}

/** The same without a function around it, for a reader that is in the hands of its caller; `close` must be called. */
export async function openSession(
  address: Address,
  { signal, statementTimeoutMs, applicationName }: SessionOptions,
  copies: boolean,
): Promise<{ session: Session; close: () => Promise<void> }> {
  signal?.throwIfAborted()
  let tap: CopyTap | undefined
  let dials = 0
  // The driver would dial again by itself, but a second connection is not in our transaction.
  const socket = async () => {
    if (dials++ > 0) throw new DialError('ECONNRESET')
    const dialled = await dial(address, connectTimeoutMs, signal)
    if (copies) tap = tapCopy(dialled)
    return dialled
  }
  const pool: Sql = connect({
    ...dialOptions(socket),
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.user,
    password: address.password,
    ssl: false, // dial has seen to it
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    connect_timeout: connectTimeoutMs / 1_000,
    prepare: false,
    fetch_types: false,
    onnotice: () => {},
    connection: { application_name: applicationName, ...(address.options ? { options: address.options } : {}) },
  })
  // A reader that is gone leaves nothing worth waiting for.
  const cut = () => pool.end({ timeout: 0 })
  const abort = () => void cut()
  signal?.addEventListener('abort', abort, { once: true })
  const close = async () => {
    signal?.removeEventListener('abort', abort)
    await cut()
  }
  try {
    await pool.unsafe(beginning(statementTimeoutMs))
    return { session: { sql: pool, tap }, close }
  } catch (error) {
    await close()
    throw error
  }
}

// `socket` is an option of the driver that its types do not name.
const dialOptions = (socket: () => Promise<unknown>): object => ({ socket })

// The text of dates enters fingerprints, so it must not depend on a setting; a server that looks for its client now and
// then ends the query of a process that was killed.
const beginning = (statementTimeoutMs: number) => `
  begin isolation level repeatable read read only;
  select set_config('statement_timeout', '${Math.max(1, Math.floor(statementTimeoutMs))}', true),
    set_config('lock_timeout', '${lockTimeoutMs}', true),
    set_config('idle_in_transaction_session_timeout', '${10 * 60_000}', true),
    set_config('datestyle', 'ISO', true),
    set_config('intervalstyle', 'postgres', true),
    set_config('bytea_output', 'hex', true);
  select set_config(name, '2s', true) from pg_settings where name = 'client_connection_check_interval'`
