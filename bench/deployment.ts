import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Client, Connection } from '@temporalio/client'
import postgres, { type Sql } from 'postgres'
import { migrate } from '../db/migrate.ts'
import { createSeal, type Seal } from '../db/seal.ts'
import { ensureDatabase } from '../scripts/stack/databases.ts'
import { startPostgres } from '../scripts/stack/postgres.ts'
import { ended, stopChild } from '../scripts/stack/process.ts'
import { childrenOf, commandOf } from '../scripts/stack/process-table.ts'
import { startTemporal } from '../scripts/stack/temporal.ts'
import { findTemporalCli } from '../scripts/stack/temporal-cli.ts'
import { workerEnvironment } from '../scripts/stack/worker-environment.ts'
import { bundleWorkflows } from '../scripts/stack/workflow-bundle.ts'
import type { Roots } from './fair.ts'

const project = join(import.meta.dirname, '..')
const namespace = 'default'

/** A whole deployment as in production, made for the bench and removed after it: real servers, a real worker process. */
export type Deployment = {
  readonly sql: Sql
  /** The customer's database. */
  readonly people: Sql
  readonly peopleUrl: string
  readonly productUrl: string
  readonly temporal: Client
  readonly seal: Seal
  readonly sinkUrl: string
  readonly workerPid: number
  readonly roots: Roots
  stop(): Promise<void>
}

export async function startDeployment(profile: string | undefined): Promise<Deployment> {
  const folder = mkdtempSync(join(tmpdir(), 'audience-sync-bench-'))
  const stops: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })]
  const stop = async () => {
    for (const each of stops.toReversed()) await each()
    stops.length = 0
  }
  try {
    const log = (line: string) => console.error(line)
    const [server, temporalServer, bundle] = await Promise.all([
      startPostgres({ dataDir: join(folder, 'postgres'), log }),
      findTemporalCli({ env: process.env, log }).then((cli) =>
        startTemporal({ cli: cli.path, dataDir: join(folder, 'temporal'), namespace, log }),
      ),
      bundleWorkflows(join(folder, 'bundles')),
    ])
    stops.push(() => Promise.all([server.stop(), temporalServer.stop()]))
    const productUrl = await ensureDatabase(server.url, 'audience_sync')
    const peopleUrl = await ensureDatabase(server.url, 'shop')
    await migrate(productUrl)

    const sink = spawn(process.execPath, ['--import', 'tsx', 'bench/sink.ts'], outOf())
    stops.push(() => stopChild(sink, 'SIGTERM', 5_000))
    const sinkUrl = await saying(sink, 'sink', /^http:\S+$/)

    const key = randomBytes(32)
    const profiling = profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile]
    const worker = spawn(
      process.execPath,
      [...profiling, '--import', 'tsx', 'worker.ts'],
      outOf(
        workerEnvironment({
          DATABASE_URL: productUrl,
          TEMPORAL_ADDRESS: temporalServer.address,
          TEMPORAL_NAMESPACE: namespace,
          ENCRYPTION_KEY: key.toString('hex'),
          SANDBOX_URL: sinkUrl,
          DATA_DIR: folder,
          WORKFLOW_BUNDLE: bundle,
        }),
      ),
    )
    stops.push(() => stopChild(worker, 'SIGTERM', 30_000))
    await saying(worker, 'worker', /worker is ready/)
    void ended(worker).then(() => stops.length > 0 && console.error('bench: the worker ended.'))

    const connection = await Connection.connect({ address: temporalServer.address })
    const sql = postgres(productUrl, { max: 2, onnotice: () => {}, types })
    const people = postgres(peopleUrl, { max: 6, onnotice: () => {} })
    stops.push(() => Promise.all([sql.end(), people.end(), connection.close()]))
    return {
      sql,
      people,
      peopleUrl,
      productUrl,
      temporal: new Client({ connection, namespace }),
      seal: createSeal([key]),
      sinkUrl,
      workerPid: worker.pid ?? 0,
      roots: {
        worker: worker.pid ?? 0,
        postgres: childWith(join(folder, 'postgres')),
        temporal: childWith('start-dev'),
        sink: sink.pid ?? 0,
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

const types = { bigint: { to: 20, from: [20], serialize: String, parse: Number } }

const outOf = (env: Record<string, string | undefined> = {}) => ({
  cwd: project,
  env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
  stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
})

/** Resolves with the first line that matches; what the process says besides is shown. */
function saying(child: ChildProcess, name: string, line: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue
      createInterface({ input: stream }).on('line', (said) => {
        if (line.test(said)) resolve(said)
        else console.error(`${name}: ${said}`)
      })
    }
    child.once('exit', (code) => reject(new Error(`The ${name} ended with ${code} before it was ready.`)))
  })
}

const childWith = (words: string) => childrenOf(process.pid).find((pid) => commandOf(pid).includes(words)) ?? 0
