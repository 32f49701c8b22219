import { fileURLToPath } from 'node:url'
import { Client } from '@temporalio/client'
import {
  bundleWorkflowCode,
  type NativeConnection as Native,
  NativeConnection,
  Runtime,
  Worker,
} from '@temporalio/worker'
import { pino } from 'pino'
import { createActivities } from './activities/index.ts'
import { connectToTemporal } from './activities/temporal-connection.ts'
import { workerLogger } from './activities/worker-log.ts'
import { configOrExit, exit, loadServiceConfig } from './config.ts'
import { connect } from './db/connect.ts'
import { loadMemberKeySecret } from './db/member-key.ts'
import { migrate } from './db/migrate.ts'
import { createSeal } from './db/seal.ts'
import { platforms } from './destinations/index.ts'
import { identities, taskQueue, uploadQueue, workflowIds, workflowTypes } from './workflows/names.ts'

/** At most so many uploads to one platform at a time in this process. */
const uploadsPerPlatform = 8
const steps = 16
const cachedWorkflows = 1_000

const config = configOrExit(loadServiceConfig)
const log = pino({ level: config.logLevel, base: { part: 'worker' } })
Runtime.install({ logger: workerLogger(log), shutdownSignals: [] })
await migrate(config.databaseUrl).catch(exit)
const db = connect(config.databaseUrl, { max: 24, name: 'audience-sync worker' })
const seal = createSeal([config.encryptionKey])
const connection = await connectToTemporal(config.temporalAddress, config.temporalNamespace).catch(exit)
const temporal = new Client({
  connection,
  namespace: config.temporalNamespace,
  identity: identities.housekeeping,
})
const activities = createActivities({
  db,
  seal,
  temporal,
  memberKeySecret: await loadMemberKeySecret(db.sql, seal).catch(exit),
  sandboxUrl: config.sandboxUrl,
  sandboxTimeScale: config.sandboxTimeScale,
  allowPrivate: config.allowPrivate,
  leaseMs: config.leaseMs,
  sourceTimeoutMs: config.sourceTimeoutMs,
  sourcePatienceMs: config.sourcePatienceMs,
})

const native = await NativeConnection.connect({ address: config.temporalAddress })
const workers = await Promise.all([
  workflowWorker(native),
  ...Object.keys(platforms).map((id) => uploadWorker(native, id)),
])

/** Nobody looks after housekeeping but the workers: an operator may have ended it. */
const startHousekeeping = () =>
  temporal.workflow.start(workflowTypes.housekeeping, {
    workflowId: workflowIds.housekeeping,
    taskQueue,
    workflowIdConflictPolicy: 'USE_EXISTING',
  })
await startHousekeeping()
const housekeepingWatch = setInterval(() => {
  startHousekeeping().catch((error: unknown) => {
    Runtime.instance().logger.warn('housekeeping could not be looked after; tried again in a minute', {
      error: error instanceof Error ? error.name : typeof error,
    })
  })
}, 60_000)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    for (const worker of workers) worker.shutdown()
  })
}
console.log('worker is ready')
await Promise.all(workers.map((worker) => worker.run()))
clearInterval(housekeepingWatch)
await connection.close()
await native.close()
await db.end()

async function workflowWorker(connection: Native): Promise<Worker> {
  const source = (name: string) => fileURLToPath(new URL(`./workflows/${name}.ts`, import.meta.url))
  const workflowBundle = config.workflowBundle
    ? { codePath: config.workflowBundle }
    : await bundleWorkflowCode({ workflowsPath: source('index'), payloadConverterPath: source('payload-converter') })
  return Worker.create({
    ...shared(connection),
    workflowBundle,
    taskQueue,
    activities,
    maxConcurrentActivityTaskExecutions: steps,
    maxCachedWorkflows: cachedWorkflows,
  })
}

/** A platform's own queue: its waiting cannot use up the places of the others. */
function uploadWorker(connection: Native, platform: string): Promise<Worker> {
  return Worker.create({
    ...shared(connection),
    taskQueue: uploadQueue(platform),
    activities: { upload: activities.upload },
    maxConcurrentActivityTaskExecutions: uploadsPerPlatform,
  })
}

function shared(connection: Native) {
  return {
    connection,
    namespace: config.temporalNamespace,
    shutdownGraceTime: '5s',
    shutdownForceTime: '20s',
  } as const
}
