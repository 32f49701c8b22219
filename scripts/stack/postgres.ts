import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import connect from 'postgres'
import { freePort } from './free-port.ts'
import { guard } from './guard.ts'
import { postgresBinaries } from './postgres-binaries.ts'
import { postgresUser, type RunAs } from './postgres-user.ts'
import { ended, poll, stopChild, stopStranger } from './process.ts'
import { alive, childrenOf, commandOf } from './process-table.ts'
import { StartError } from './start-error.ts'

const majorVersion = '18'
const user = 'app'

export type PostgresOptions = {
  /** Folder of this server alone; made when it is not there. */
  dataDir: string
  /** Told in sentences what happens. */
  log: (line: string) => void
  /** False = faster and lost when the machine goes down; a killed process loses nothing. Default true. */
  durable?: boolean
  /** Called when the server ends without being asked (by `stop`, `kill` or `restart`); `restart` brings it back. */
  onCrash?: () => void
}

export type Postgres = {
  /** Address of the database `postgres`; the same after `restart`, as long as nobody took the port meanwhile. */
  readonly url: string
  /** Stops it in order; sessions are cut, nothing is lost. */
  stop(): Promise<void>
  /** Kills every process of the server with SIGKILL, as a crash would: unlogged tables are empty afterwards. */
  kill(): Promise<void>
  /** Starts it again after `stop` or `kill`, or stops and starts it. Recovery is done when this resolves. */
  restart(): Promise<void>
}

/**
 * Starts an embedded PostgreSQL that listens on a free port of the loopback address. What an earlier, killed run left
 * behind (a server that still lives, a stale lock) is cleaned up first. It ends with this process, however that ends.
 * @throws StartError
 */
export async function startPostgres({ dataDir, log, durable = true, onCrash }: PostgresOptions): Promise<Postgres> {
  const { postgres, initdb } = await postgresBinaries()
  const folder = resolve(dataDir)
  const runAs = postgresUser(folder, postgres)
  const cluster = join(folder, 'cluster')
  const password = passwordOf(folder, runAs)

  await endEarlierServer(cluster, log)
  if (!existsSync(join(cluster, 'PG_VERSION'))) {
    log('Making a new PostgreSQL database cluster.')
    await makeCluster(initdb, runAs, cluster, passwordFile(folder))
  }
  refuseOtherVersion(cluster)

  let running: ChildProcess | undefined
  const launch = async () => {
    const started = await launchServer({ postgres, runAs, folder, cluster, password, durable })
    running = started.child
    void ended(started.child).then(() => running === started.child && onCrash?.())
    return started
  }
  let server = await launch()

  const stop = async () => {
    running = undefined
    await stopChild(server.child, 'SIGINT', 20_000)
    server.release()
  }
  return {
    get url() {
      return addressOf(password, server.port)
    },
    stop,
    async kill() {
      running = undefined
      server.release()
      // The children of a killed postmaster would finish what they are doing; a crash does not let them.
      const children = childrenOf(server.child.pid ?? 0)
      server.child.kill('SIGKILL')
      for (const pid of children) if (alive(pid)) process.kill(pid, 'SIGKILL')
      await ended(server.child)
      await poll(() => !children.some(alive), 10_000)
    },
    async restart() {
      await stop()
      server = await launch()
    },
  }
}

type Launch = { postgres: string; runAs: RunAs; folder: string; cluster: string; password: string; durable: boolean }
type Server = { child: ChildProcess; port: number; release: () => void }

async function launchServer(launch: Launch, triesLeft = 3): Promise<Server> {
  const { postgres, runAs, folder, cluster, password, durable } = launch
  const portFile = join(folder, 'port')
  const port = await freePort(Number(existsSync(portFile) && readFileSync(portFile, 'utf8')) || undefined)
  writeFileSync(portFile, String(port))

  const logFile = join(folder, 'server.log')
  const startOfLog = existsSync(logFile) && statSync(logFile).size < 10_000_000 ? statSync(logFile).size : 0
  const output = openSync(logFile, startOfLog > 0 ? 'a' : 'w', 0o600)
  const options = Object.entries(serverSettings(port, durable)).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const [command, ...args] = [...runAs.command, postgres, '-D', cluster, ...options]
  // A process group of its own: Ctrl-C must not stop the database before those who use it.
  const child = spawn(command ?? postgres, args, {
    uid: runAs.uid,
    gid: runAs.gid,
    cwd: '/',
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', output, output],
    detached: true,
  })
  closeSync(output)
  const failed = new Promise<Error>((resolve) => child.once('error', resolve))
  if (child.pid === undefined) throw new StartError(`PostgreSQL cannot be started: ${(await failed).message}.`)
  const release = guard(child.pid, 'INT')

  const up = await poll(() => hasEnded(child) || answers(addressOf(password, port)), 60_000)
  if (up && !hasEnded(child)) return { child, port, release }

  await stopChild(child, 'SIGQUIT', 5_000)
  release()
  const words = readFileSync(logFile, 'utf8').slice(startOfLog)
  if (triesLeft > 1 && /Address already in use|still in use/.test(words)) return launchServer(launch, triesLeft - 1)
  if (words.includes('No space left on device'))
    throw new StartError(
      `PostgreSQL cannot start, the disk of ${folder} is full: free some space or choose another DATA_DIR.`,
    )
  const last = words.trim().split('\n').slice(-3).join(' · ')
  throw new StartError(`PostgreSQL did not start. Its last words, from ${logFile}: ${last || 'none'}`)
}

// For a machine that runs everything at once. Statements and values never go to the log: they can name a person.
const serverSettings = (port: number, durable: boolean): Record<string, string | number> => ({
  port,
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 200,
  shared_buffers: durable ? '256MB' : '128MB',
  work_mem: '32MB',
  maintenance_work_mem: '128MB',
  // Not /dev/shm, which is 64 MB in a container.
  dynamic_shared_memory_type: 'mmap',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  // No replicas here, so a COPY into a new table need not be logged.
  wal_level: 'minimal',
  max_wal_senders: 0,
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
  // What a process has written outlives it, so that a commit which is written but not flushed survives its kill.
  ...(durable ? {} : { fsync: 'off' }),
})

const addressOf = (password: string, port: number) => `postgres://${user}:${password}@127.0.0.1:${port}/postgres`

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

async function answers(url: string): Promise<boolean> {
  const sql = connect(url, { max: 1, connect_timeout: 5, onnotice: () => {} })
  return sql`select 1`
    .then(() => true)
    .catch(() => false)
    .finally(() => sql.end({ timeout: 1 }))
}

// Made aside and renamed: an interrupted attempt is not mistaken for a cluster.
async function makeCluster(initdb: string, runAs: RunAs, cluster: string, pwfile: string): Promise<void> {
  const draft = `${cluster}.new`
  rmSync(draft, { recursive: true, force: true })
  const [command, ...args] = [
    ...[...runAs.command, initdb, '-D', draft, `--username=${user}`, '--auth=scram-sha-256', `--pwfile=${pwfile}`],
    // The built-in locale sorts and folds the same on every system, whatever locales it has installed.
    ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'],
  ]
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' }
  const child = spawn(command ?? initdb, args, { uid: runAs.uid, gid: runAs.gid, cwd: '/', env, detached: true })
  let words = ''
  child.stderr.on('data', (chunk) => {
    words += chunk
  })
  child.stdout.resume()
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  if (code === 0) return renameSync(draft, cluster)
  rmSync(draft, { recursive: true, force: true })
  if (words.includes('No space left on device'))
    throw new StartError(
      `PostgreSQL's data cannot be made, the disk of ${cluster} is full: free some space or choose another DATA_DIR.`,
    )
  throw new StartError(
    `PostgreSQL's data cannot be made in ${cluster}: ${words.trim().split('\n').slice(-3).join(' · ')}`,
  )
}

const passwordFile = (folder: string) => join(folder, 'password')

function passwordOf(folder: string, { uid, gid }: RunAs): string {
  const file = passwordFile(folder)
  mkdirSync(folder, { recursive: true })
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  const password = randomBytes(18).toString('base64url')
  writeFileSync(file, `${password}\n`, { mode: 0o600 })
  if (uid !== undefined && gid !== undefined) chownSync(file, uid, gid)
  return password
}

function refuseOtherVersion(cluster: string) {
  const version = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim()
  if (version === majorVersion) return
  throw new StartError(
    `The data in ${cluster} is of PostgreSQL ${version} and this release brings ${majorVersion}: move it over with pg_dump, or move the folder away to start with an empty database.`,
  )
}

// A lock file with the id of a process: either that is the server of a killed run, or the id means nothing any more.
async function endEarlierServer(cluster: string, log: (line: string) => void): Promise<void> {
  const lock = join(cluster, 'postmaster.pid')
  if (!existsSync(lock)) return
  const pid = Number.parseInt(readFileSync(lock, 'utf8'), 10)
  if (pid > 0 && commandOf(pid).includes(cluster)) {
    log(`An earlier PostgreSQL of this folder still runs (process ${pid}): stopping it.`)
    await stopStranger(pid, 'SIGINT', 20_000)
  }
  rmSync(lock, { force: true })
}
