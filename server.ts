import { serve } from '@hono/node-server'
import { Client, Connection } from '@temporalio/client'
import { pino } from 'pino'
import { createApp } from './api/app.ts'
import { ensureFirstKey } from './api/first-key.ts'
import { temporalHistories } from './api/history/temporal.ts'
import { temporalWorkflows } from './api/workflows.ts'
import { configOrExit, exit, loadServiceConfig } from './config.ts'
import { connect } from './db/connect.ts'
import { loadMemberKeySecret } from './db/member-key.ts'
import { migrate } from './db/migrate.ts'
import { createSeal } from './db/seal.ts'
import { openPostgres } from './sources/postgres/index.ts'
import { identities } from './workflows/names.ts'

const previewTimeoutMs = 30_000

const config = configOrExit(loadServiceConfig)
const log = pino({ level: config.logLevel, base: { part: 'server' } })

await migrate(config.databaseUrl).catch(exit)
const db = connect(config.databaseUrl, { name: 'audience-sync server' })
const seal = createSeal([config.encryptionKey])
const connection = Connection.lazy({ address: config.temporalAddress })
const client = new Client({ connection, namespace: config.temporalNamespace, identity: identities.api })
const stopped = new AbortController()
const app = createApp({
  db,
  seal,
  memberKeySecret: await loadMemberKeySecret(db.sql, seal).catch(exit),
  workflows: temporalWorkflows(client),
  histories: temporalHistories(client),
  openSource: (url) => openPostgres(url, { statementTimeoutMs: previewTimeoutMs }),
  config: {
    sandboxUrl: config.sandboxUrl,
    minRefreshMs: config.minRefreshMs,
    maxUploadBytes: config.maxUploadBytes,
    allowPrivate: config.allowPrivate,
    temporalUi: config.temporalUiUrl && `${config.temporalUiUrl}/namespaces/${config.temporalNamespace}`,
  },
  log,
  now: () => new Date(),
  stopping: stopped.signal,
  consoleFolder: config.consoleBundle,
})
if (await ensureFirstKey({ db }, { given: config.adminApiKey, file: config.adminApiKeyFile }))
  log.info({ file: config.adminApiKeyFile }, 'first admin API key made')

const server = serve({ fetch: app.fetch, hostname: config.host, port: config.port }, ({ address, port }) =>
  log.info({ address, port }, 'listening'),
)
server.on('error', (error: NodeJS.ErrnoException) => {
  const taken = error.code === 'EADDRINUSE'
  console.error(
    taken
      ? `Port ${config.port} on ${config.host} is taken by another program: stop that one, or set PORT to another port.`
      : `The server cannot listen on ${config.host}:${config.port} (${error.code}): check HOST and PORT.`,
  )
  process.exit(1)
})

let stopping = false
async function stop() {
  if (stopping) return
  stopping = true
  log.info('stopping: requests under way are finished first')
  stopped.abort()
  await new Promise((done) => server.close(done))
  await connection.close()
  await db.end()
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
