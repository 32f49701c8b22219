import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectToTemporal } from '../../activities/temporal-connection.ts'
import type { Config } from '../../config.ts'
import { migrate } from '../../db/migrate.ts'
import { type Demo, setUpDemo } from '../demo/set-up.ts'
import { ensureDemoSource, keepChanging } from '../demo/source-database.ts'
import { bundleConsole } from './console-bundle.ts'
import { takeDataFolder, watchDisk } from './data-folder.ts'
import { ensureDatabase } from './databases.ts'
import { checkPorts } from './free-port.ts'
import { say } from './output.ts'
import { startPostgres } from './postgres.ts'
import { poll } from './process.ts'
import { type Service, startService } from './service.ts'
import { messageOf, StartError } from './start-error.ts'
import { startTemporal } from './temporal.ts'
import { findTemporalCli } from './temporal-cli.ts'
import { welcome } from './welcome.ts'
import { workerEnvironment } from './worker-environment.ts'
import { bundleWorkflows } from './workflow-bundle.ts'

const demoIntervalMs = 20_000

export type Stack = {
  /** Stops what has been started, in the reverse order. */
  stop(): Promise<void>
  /** Kills our own processes; the embedded servers end in order by themselves. */
  kill(): void
  /** Resolves with the reason when the stack cannot start or cannot go on. */
  failed: Promise<unknown>
}

/** Starts every part of the product on this machine and keeps them running. */
export function startStack(config: Config): Stack {
  const stops: (() => unknown)[] = []
  const services: Service[] = []
  let stopping: Promise<void> | undefined
  let fail = (_reason: unknown) => {}
  const failed = new Promise<unknown>((resolve) => {
    fail = resolve
  })

  const bringBack = (part: string, restart: () => Promise<void> | undefined) => () => {
    if (stopping) return
    say(part, 'It ended unexpectedly; starting it again.')
    restart()?.catch(fail)
  }
  const cancelled = () => {
    if (stopping) throw new Error('The start was interrupted.')
  }

  async function start(): Promise<void> {
    stops.push(takeDataFolder(config.dataDir))
    stops.push(watchDisk(config.dataDir, (line) => say('start', line)))
    await checkPorts(wantedPorts(config))
    const bundles = join(config.dataDir, 'bundles')
    const [database, temporal, workflows, console] = await Promise.all([
      startDatabase(),
      startWorkflowServer(),
      config.workflowBundle ?? bundleWorkflows(bundles),
      config.consoleBundle ?? bundleConsole(bundles),
    ])
    cancelled()
    await migrate(database.url)

    const env = serviceEnvironment(config, { database: database.url, temporal, workflows, console })
    const run = (name: string, script: string, graceMs: number, args: string[] = []) => {
      cancelled()
      const service = startService({
        name,
        script,
        args,
        env: name === 'worker' ? workerEnvironment(env) : env,
        graceMs,
      })
      services.push(service)
      stops.push(() => service.stop())
    }
    // Stopped in the reverse order: the server first, then the worker with time to end what it has in hand.
    const kept = join(config.dataDir, 'sandbox')
    run('sandbox', 'sandbox/main.ts', 15_000, ['--port', String(config.sandboxPort), '--data-dir', kept])
    run('worker', 'worker.ts', 70_000)
    run('server', 'server.ts', 15_000)
    const api = `http://${reachable(config.host)}:${config.port}`
    await Promise.all([
      ready('sandbox', `http://127.0.0.1:${config.sandboxPort}/_sandbox`),
      ready('server', `${api}/readyz`),
    ])
    cancelled()
    const key = firstKey(config)
    const demo = config.demo ? await startDemo(api, key, database.server) : undefined
    const temporalUi = config.temporalAddress
      ? undefined
      : `${embeddedUi(config)}/namespaces/${config.temporalNamespace}/workflows`
    globalThis.console.log(welcome({ api, temporalUi, sandbox: `http://127.0.0.1:${config.sandboxPort}` }, key, demo))
  }

  async function startDatabase(): Promise<{ url: string; server?: string }> {
    if (config.databaseUrl !== undefined) return { url: config.databaseUrl }
    const log = (line: string) => say('postgres', line)
    const onCrash = bringBack('postgres', () => postgres.restart())
    const postgres = await startPostgres({ dataDir: join(config.dataDir, 'postgres'), log, onCrash })
    stops.splice(2, 0, () => postgres.stop()) // after Temporal and everything else
    const url = await ensureDatabase(postgres.url, 'audience_sync')
    log('Ready.')
    return { url, server: postgres.url }
  }

  async function startWorkflowServer(): Promise<string> {
    if (config.temporalAddress !== undefined) {
      const connection = await connectToTemporal(config.temporalAddress, config.temporalNamespace)
      await connection.close()
      return config.temporalAddress
    }
    const log = (line: string) => say('temporal', line)
    const cli = await findTemporalCli({ env: { ...process.env, TEMPORAL_CLI: config.temporalCli }, log })
    const onCrash = bringBack('temporal', () => temporal.restart())
    const temporal = await startTemporal({
      cli: cli.path,
      dataDir: join(config.dataDir, 'temporal'),
      uiPort: config.temporalUiPort,
      namespace: config.temporalNamespace,
      log,
      onCrash,
    })
    stops.push(() => temporal.stop())
    log('Ready.')
    return temporal.address
  }

  async function startDemo(
    api: string,
    key: string | undefined,
    server: string | undefined,
  ): Promise<Demo | undefined> {
    const log = (line: string) => say('demo', line)
    if (server === undefined)
      return void log('No demo: its source lives on the embedded PostgreSQL, and DATABASE_URL is set.')
    if (key === undefined)
      return void log('No demo: the first API key is not known here, set ADMIN_API_KEY to have it.')
    try {
      const sourceUrl = await ensureDemoSource(server)
      const demo = await setUpDemo({ baseUrl: api, key }, sourceUrl, join(config.dataDir, 'demo.json'))
      stops.push(keepChanging(sourceUrl, demoIntervalMs, log))
      return demo
    } catch (error) {
      // The product runs without its demo.
      log(`The demo could not be set up: ${messageOf(error)} The next start tries again; DEMO=off leaves it out.`)
    }
  }

  start().catch(fail)
  return {
    failed,
    kill: () => {
      for (const service of services) service.kill()
    },
    stop: () => {
      stopping ??= (async () => {
        for (const stop of stops.toReversed()) await stop()
      })()
      return stopping
    },
  }
}

const wantedPorts = (config: Config) => [
  { setting: 'PORT', port: config.port, host: config.host, use: 'the console and the API' },
  { setting: 'SANDBOX_PORT', port: config.sandboxPort, host: '127.0.0.1', use: 'the sandbox' },
  ...(config.temporalAddress === undefined
    ? [{ setting: 'TEMPORAL_UI_PORT', port: config.temporalUiPort, host: '127.0.0.1', use: 'the Temporal UI' }]
    : []),
]

type Parts = { database: string; temporal: string; workflows: string; console: string }

const embeddedUi = ({ temporalUiPort }: Config) => `http://127.0.0.1:${temporalUiPort}`

// Everything by name: a part must not find another default than the supervisor has.
const serviceEnvironment = (config: Config, { database, temporal, workflows, console }: Parts) => ({
  ...process.env,
  HOST: config.host,
  PORT: String(config.port),
  SANDBOX_PORT: String(config.sandboxPort),
  SANDBOX_URL: config.sandboxUrl,
  SANDBOX_TIME_SCALE: String(config.sandboxTimeScale),
  DATA_DIR: config.dataDir,
  DATABASE_URL: database,
  TEMPORAL_ADDRESS: temporal,
  TEMPORAL_NAMESPACE: config.temporalNamespace,
  LOG_LEVEL: config.logLevel,
  WORKFLOW_BUNDLE: workflows,
  CONSOLE_BUNDLE: console,
  TEMPORAL_UI_URL: config.temporalUiUrl ?? (config.temporalAddress ? undefined : embeddedUi(config)),
})

const reachable = (host: string) =>
  ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host

const firstKey = ({ adminApiKey, adminApiKeyFile }: Config) =>
  adminApiKey ?? (existsSync(adminApiKeyFile) ? readFileSync(adminApiKeyFile, 'utf8').trim() : undefined)

async function ready(part: string, url: string): Promise<void> {
  const answers = () =>
    fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
      (response) => response.ok,
      () => false,
    )
  if (await poll(answers, 90_000, 200)) return
  throw new StartError(`The ${part} did not become ready (${url}): its lines above say why.`)
}
