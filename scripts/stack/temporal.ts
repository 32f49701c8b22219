import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Connection } from '@temporalio/client'
import { msToTs } from '@temporalio/common/lib/time.js'
import { freePort } from './free-port.ts'
import { guard } from './guard.ts'
import { ended, poll, stopChild, stopStranger } from './process.ts'
import { commandOf } from './process-table.ts'
import { StartError } from './start-error.ts'

/** The search attributes that our workflows set; every Temporal namespace that runs them needs these. */
export const searchAttributes = {
  AudienceStatus: 'Keyword',
  LastOutcome: 'Keyword',
  NextRefreshAt: 'Datetime',
} as const

/** How long the embedded server keeps finished workflows. */
const retentionDays = 7

export type TemporalOptions = {
  /** Path of the `temporal` binary, see `findTemporalCli`. */
  cli: string
  /** Folder of this server alone, for its log and its data. */
  dataDir: string
  /** True = nothing is kept over a restart. Default false. */
  inMemory?: boolean
  /** Port of the UI; none = no UI. */
  uiPort?: number
  namespace: string
  /** Told in sentences what happens. */
  log: (line: string) => void
  /** Called when the server ends without being asked; `restart` brings it back. */
  onCrash?: () => void
}

export type Temporal = {
  /** host:port; the same after `restart`, as long as nobody took the port meanwhile. */
  readonly address: string
  stop(): Promise<void>
  /** Starts it again after it has ended, or stops and starts it. */
  restart(): Promise<void>
}

/**
 * Starts a Temporal development server on a free port of the loopback address, and resolves when it answers and its
 * namespace has our search attributes. It ends with this process, however that ends.
 * @throws StartError
 */
export async function startTemporal(options: TemporalOptions): Promise<Temporal> {
  const folder = resolve(options.dataDir)
  mkdirSync(folder, { recursive: true })
  await endEarlierServer(folder, options.log)
  let server = await launch({ ...options, dataDir: folder }, 3)
  return {
    get address() {
      return server.address
    },
    stop: () => server.stop(),
    async restart() {
      await server.stop()
      server = await launch({ ...options, dataDir: folder }, 3)
    },
  }
}

type Server = { address: string; stop: () => Promise<void> }

async function launch(options: TemporalOptions, triesLeft: number): Promise<Server> {
  const { cli, dataDir, namespace, inMemory = false, uiPort } = options
  const portFile = join(dataDir, 'port')
  const port = await freePort(Number(existsSync(portFile) && readFileSync(portFile, 'utf8')) || undefined)
  writeFileSync(portFile, String(port))
  const address = `127.0.0.1:${port}`
  const logFile = join(dataDir, 'server.log')
  const output = openSync(logFile, 'w', 0o600)
  const args = [
    ...[
      'server',
      'start-dev',
      '--ip',
      '127.0.0.1',
      '--port',
      String(port),
      '--namespace',
      namespace,
      '--log-level',
      'warn',
    ],
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...(inMemory ? [] : ['--db-filename', join(dataDir, 'temporal.sqlite')]),
    ...Object.entries(searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    ...['--dynamic-config-value', 'matching.enableFairness=true'],
  ]
  // A process group of its own: Ctrl-C must not stop the server before the worker.
  const child = spawn(cli, args, { stdio: ['ignore', output, output], detached: true })
  closeSync(output)
  const failed = new Promise<Error>((resolve) => child.once('error', resolve))
  if (child.pid === undefined) throw new StartError(`Temporal cannot be started: ${(await failed).message}.`)
  const pidFile = join(dataDir, 'server.pid')
  writeFileSync(pidFile, String(child.pid))
  const release = guard(child.pid, 'TERM')
  let asked = false
  const stop = async () => {
    asked = true
    await stopChild(child, 'SIGTERM', 15_000)
    release()
    rmSync(pidFile, { force: true })
  }

  const up = await poll(() => hasEnded(child) || isReady(address, namespace), 60_000, 100)
  if (up && !hasEnded(child)) {
    void ended(child).then(() => asked || options.onCrash?.())
    return { address, stop }
  }

  await stop()
  const words = readFileSync(logFile, 'utf8').trim()
  if (triesLeft > 1 && words.includes('address already in use')) return launch(options, triesLeft - 1)
  throw new StartError(
    `Temporal did not start. Its last words, from ${logFile}: ${words.split('\n').slice(-2).join(' · ') || 'none'}`,
  )
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

/** Whether the server answers, knows the namespace, and the namespace has our search attributes. */
async function isReady(address: string, namespace: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 }).catch(() => undefined)
  if (!connection) return false
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace })
    if (!Object.keys(searchAttributes).every((name) => name in customAttributes)) return false
    const workflowExecutionRetentionTtl = msToTs(`${retentionDays} days`)
    await connection.workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } })
    return true
  } catch {
    return false // not ready yet: it is asked again until the deadline
  } finally {
    await connection.close()
  }
}

async function endEarlierServer(folder: string, log: (line: string) => void): Promise<void> {
  const pidFile = join(folder, 'server.pid')
  if (!existsSync(pidFile)) return
  const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10)
  if (pid > 0 && commandOf(pid).includes('server start-dev')) {
    log(`An earlier Temporal of this folder still runs (process ${pid}): stopping it.`)
    await stopStranger(pid, 'SIGTERM', 15_000)
  }
  rmSync(pidFile, { force: true })
}
