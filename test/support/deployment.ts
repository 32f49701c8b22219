import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { msToTs } from '@temporalio/common/lib/time.js'
import { inject } from 'vitest'
import { steadyClient } from '../../db/lost-connections.ts'
import { createSeal, type Seal } from '../../db/seal.ts'
import { startSandbox } from '../../sandbox/server.ts'
import { guard } from '../../scripts/stack/guard.ts'
import { ended } from '../../scripts/stack/process.ts'
import { taskQueue, workflowIds } from '../../workflows/names.ts'
import { createDatabase, createEmptyDatabase } from './database.ts'

const project = join(import.meta.dirname, '../..')

export type Deployment = Awaited<ReturnType<typeof startDeployment>>

/** What a deployment stands on: by default the servers of the test run. */
export type Servers = { postgresUrl: string; temporalAddress: string; workflowBundle: string }

const sharedServers = (): Servers => ({
  postgresUrl: inject('postgresUrl'),
  temporalAddress: inject('temporalAddress'),
  workflowBundle: inject('workflowBundle'),
})

type Options = {
  leaseMs?: number
  /** Settings of the worker beside those that it needs. */
  settings?: Record<string, string>
  logLevel?: string
  servers?: Servers
  /** In the place of the servers' own Temporal. */
  temporalAddress?: string
  /** Told when a worker ends that nobody has killed, with its last words. */
  onWorkerEnded?: (words: string) => void
}

/** A whole deployment of one's own: databases, a Temporal namespace, a sandbox, and a worker as its own process. */
export async function startDeployment({
  leaseMs = 2_000,
  settings = {},
  logLevel = 'info',
  servers = sharedServers(),
  temporalAddress = servers.temporalAddress,
  onWorkerEnded = () => {},
}: Options = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'audience-sync-deployment-'))
  const { postgresUrl, workflowBundle } = servers
  const [database, source, sandbox] = await Promise.all([
    createDatabase(postgresUrl),
    createEmptyDatabase(postgresUrl),
    startSandbox({ port: 0 }),
  ])
  const key = randomBytes(32)
  const namespace = `test-${randomBytes(6).toString('hex')}`
  const connection = await Connection.connect({ address: temporalAddress })
  await makeNamespace(connection, namespace)
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: namespace,
    ENCRYPTION_KEY: key.toString('hex'),
    SANDBOX_URL: sandbox.url,
    SANDBOX_TIME_SCALE: '1000',
    UPLOAD_LEASE: String(leaseMs),
    DATA_DIR: folder,
    LOG_LEVEL: logLevel,
    WORKFLOW_BUNDLE: workflowBundle,
    ...settings,
  }
  const sql = steadyClient(database.url, {
    max: 16,
    onnotice: () => {},
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
  })
  const people = steadyClient(source.url, { max: 8, onnotice: () => {} })
  const temporal = new Client({ connection, namespace })
  const output: string[] = []
  const start = () => startWorker(env, output, onWorkerEnded)
  let worker = await start()
  return {
    sql,
    /** The customer's own database. */
    people,
    sandbox,
    temporal,
    env,
    leaseMs,
    seal: createSeal([key]),
    sourceUrl: source.url,
    /** Everything that its workers have printed. */
    workerOutput: () => output.join(''),
    /** As a machine that loses its power: nothing is put in order. */
    killWorker: () => endProcess(worker),
    startWorker: async () => {
      worker = await start()
    },
    /**
     * As a machine that hangs: the worker stands still, another takes its place, and `wake` lets the first one go on,
     * who knows nothing of it. `end` kills it.
     */
    replaceHanging: async () => {
      const hanging = worker
      hanging.kill('SIGSTOP')
      worker = await start()
      return { wake: () => hanging.kill('SIGCONT'), end: () => endProcess(hanging) }
    },
    stop: async () => {
      await endProcess(worker)
      // the driver waits for ever for a connection that is being made anew after a crash, unless it is given a time
      const pools = [sql, people].map((pool) => pool.end({ timeout: 5 }))
      await Promise.all([...pools, sandbox.close(), connection.close()])
      await Promise.all([database.drop(), source.drop()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function endProcess(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await ended(child)
}

async function makeNamespace(connection: Connection, namespace: string): Promise<void> {
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  })
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: { AudienceStatus: 2, LastOutcome: 2, NextRefreshAt: 6 },
  })
}

function startWorker(
  env: Record<string, string | undefined>,
  output: string[],
  onEnded: (words: string) => void,
): Promise<ChildProcess> {
  const worker = spawn(process.execPath, ['--import', 'tsx', 'worker.ts'], {
    cwd: project,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (worker.pid !== undefined) worker.once('exit', guard(worker.pid, 'TERM'))
  let said = ''
  for (const stream of [worker.stdout, worker.stderr]) stream?.on('data', (data: Buffer) => output.push(String(data)))
  worker.once('exit', () => !worker.killed && onEnded(said.slice(-3_000)))
  return new Promise((resolve, reject) => {
    worker.stdout?.on('data', (data: Buffer) => {
      said += data
      if (said.includes('worker is ready')) resolve(worker)
    })
    worker.stdout?.on('data', (d: Buffer) => process.env.SHOW_WORKER && process.stderr.write(d))
    worker.stderr?.on('data', (data: Buffer) => {
      said += data
      if (process.env.SHOW_WORKER) process.stderr.write(data)
    })
    worker.once('exit', (code) => reject(new Error(`The worker ended with ${code}:\n${said}`)))
  })
}

/**
 * A Meta sandbox account with a list, a dynamic audience over `people`, and a sync that is on. It refreshes by itself
 * once a month, so that no test meets a refresh that it has not asked for.
 */
export async function seedAudience(
  deployment: Deployment,
  {
    query = 'select * from people',
    mapping,
    fields = ['email', 'phone'],
  }: { query?: string; mapping?: Record<string, string>; fields?: string[] } = {},
) {
  const { sql, seal, sandbox } = deployment
  const account = await json(`${sandbox.url}/_sandbox/accounts`, { platform: 'meta' })
  const token: string = account.credentials.access_token
  const accountId: string = account.settings.ad_account_id.replace(/^act_/, '')
  const list = await json(`${sandbox.url}/meta/v25.0/act_${accountId}/customaudiences?access_token=${token}`, {
    name: 'Buyers',
    subtype: 'CUSTOM',
    customer_file_source: 'USER_PROVIDED_ONLY',
  })
  const [source] = await sql`insert into source (name, kind, credentials)
    values ('shop', 'postgres', ${seal.seal(JSON.stringify({ url: deployment.sourceUrl }))}) returning id`
  const [audience] =
    await sql`insert into audience (name, kind, status, source_id, query, member_id, refresh_interval_ms, fields)
    values ('Buyers', 'dynamic', 'active', ${source?.id}, ${query}, 'id', 2592000000, ${sql.json(fields)}) returning id`
  const [destination] = await sql`insert into destination (name, platform, settings, credentials, sandbox, account)
    values ('Meta', 'meta', ${sql.json(account.settings)}, ${seal.seal(JSON.stringify(account.credentials))}, true, ${`act_${accountId}`})
    returning id`
  const [sync] =
    await sql`insert into sync (audience_id, destination_id, mode, account, list_id, list_name, mapping, enabled)
    values (${audience?.id}, ${destination?.id}, 'list', ${`act_${accountId}`}, ${list.id}, 'Buyers',
      ${sql.json(mapping ?? { EMAIL: 'email', PHONE: 'phone' })}, true) returning id, no`
  return {
    audienceId: String(audience?.id),
    destinationId: String(destination?.id),
    syncId: String(sync?.id),
    syncNo: Number(sync?.no),
    listId: String(list.id),
    accountId,
    sandboxAccount: String(account.id),
  }
}

/** Asks for a run as the API does, and waits until its uploads are done. */
export async function syncNow(deployment: Deployment, audienceId: string): Promise<Record<string, unknown>> {
  const { sql, temporal } = deployment
  const [run] = await sql`insert into run (audience_id, status, causes) values (${audienceId}, 'requested', '{instant}')
    on conflict (audience_id) where status = 'requested' do update set causes = run.causes returning id`
  await temporal.workflow.signalWithStart('audience', {
    workflowId: workflowIds.audience(audienceId),
    taskQueue,
    args: [{ audienceId }],
    signal: 'wake',
    signalArgs: [],
  })
  return until(async () => {
    const [row] = await sql`select * from run where id = ${run?.id} and finished_at is not null`
    return row
  })
}

/** What a list at the sandbox holds, page by page. */
export async function heldMembers(deployment: Deployment, listId: string): Promise<Record<string, string>[]> {
  const members: Record<string, string>[] = []
  let after = ''
  for (;;) {
    const answer = await fetch(`${deployment.sandbox.url}/_sandbox/meta/lists/${listId}?limit=10000${after}`)
    const page: { members: Record<string, string>[]; next: string | null } = JSON.parse(await answer.text())
    members.push(...page.members)
    if (page.next === null) return members
    after = `&after=${page.next}`
  }
}

export const fault = (deployment: Deployment, body: Record<string, unknown>) =>
  json(`${deployment.sandbox.url}/_sandbox/faults`, { platform: 'meta', ...body })

async function json(url: string, body: unknown) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${url.split('?')[0]} answered ${answer.status}`)
  return JSON.parse(await answer.text())
}

/** Waits for something to be there; the test's own time limit ends the waiting. */
export async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export type { Seal }
