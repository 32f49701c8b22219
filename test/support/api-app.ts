import { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import { createApp } from '../../api/app.ts'
import { hashApiKey, makeApiKey } from '../../api/auth.ts'
import { temporalHistories } from '../../api/history/temporal.ts'
import { temporalWorkflows } from '../../api/workflows.ts'
import { connect } from '../../db/connect.ts'
import { loadMemberKeySecret } from '../../db/member-key.ts'
import { createApiKey } from '../../db/queries/api-key.ts'
import { openPostgres } from '../../sources/postgres/index.ts'
import { identities } from '../../workflows/names.ts'
import type { Deployment } from './deployment.ts'

type Options = {
  log: Logger
  client?: Client
  maxUploadBytes?: number
  allowPrivate?: boolean
  console?: () => Promise<string>
}

/** The API in this process, over the database, Temporal and sandbox of a deployment, with an admin's key. */
export async function openApp(
  { env, temporal, seal }: Deployment,
  { log, client = temporal, maxUploadBytes = 4 * 1024 ** 3, allowPrivate = false, console }: Options,
) {
  const db = connect(env.DATABASE_URL, { max: 8 })
  const key = makeApiKey()
  await createApiKey(db.orm, { name: 'admin', role: 'admin', hash: hashApiKey(key), hint: 'as_' })
  const stopping = new AbortController()
  const { connection, options } = client
  const api = new Client({ connection, namespace: options.namespace, identity: identities.api })
  const memberKeySecret = await loadMemberKeySecret(db.sql, seal)
  const app = createApp({
    db,
    seal,
    memberKeySecret,
    workflows: temporalWorkflows(api),
    histories: temporalHistories(api),
    openSource: (url) => openPostgres(url, { statementTimeoutMs: 5_000 }),
    config: { sandboxUrl: env.SANDBOX_URL, minRefreshMs: 1_000, maxUploadBytes, allowPrivate },
    log,
    now: () => new Date(),
    stopping: stopping.signal,
    consoleFolder: await console?.(),
  })
  return { app, key, memberKeySecret, stopping, close: () => db.end() }
}
