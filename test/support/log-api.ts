import { Client } from '@temporalio/client'
import { pino } from 'pino'
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

export type LogLine = {
  id: string
  at: string
  endedAt: string | null
  level: string
  kind: string
  message: string
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts what it reads out of an answer
  data: any
  source: string
  workflowId: string | null
  runId: string | null
  eventId: number | null
}

/** The API in this process, over the database and the Temporal namespace of a deployment. */
export async function openApi({ env, temporal, seal }: Deployment, { client = temporal }: { client?: Client } = {}) {
  const db = connect(String(env.DATABASE_URL), { max: 6 })
  const key = makeApiKey()
  await createApiKey(db.orm, { name: 'viewer', role: 'admin', hash: hashApiKey(key), hint: 'as_' })
  const stopping = new AbortController()
  const logged: string[] = []
  const api = new Client({
    connection: client.connection,
    namespace: client.options.namespace,
    identity: identities.api,
  })
  const app = createApp({
    db,
    seal,
    memberKeySecret: await loadMemberKeySecret(db.sql, seal),
    workflows: temporalWorkflows(api),
    histories: temporalHistories(api),
    openSource: (url) => openPostgres(url, { statementTimeoutMs: 5_000 }),
    config: { sandboxUrl: String(env.SANDBOX_URL) },
    log: pino({ level: 'debug' }, { write: (line: string) => logged.push(line) }),
    now: () => new Date(),
    stopping: stopping.signal,
  })
  const headers = { authorization: `Bearer ${key}` }
  const call = async (method: string, path: string, body?: unknown) => {
    const json =
      body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { ...headers, 'content-type': 'application/json' } }
    const response = await app.request(path, { method, headers, ...json })
    return { status: response.status, body: JSON.parse(await response.text()) }
  }
  const page = async (path: string): Promise<{ items: LogLine[]; next: string | null; history: string }> => {
    const { status, body } = await call('GET', path)
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`)
    return body
  }
  return {
    app,
    headers,
    logged,
    stopping,
    call,
    page,
    /** All lines, page by page, newest first. */
    async lines(path: string, limit = 200): Promise<LogLine[]> {
      const lines: LogLine[] = []
      let after = ''
      for (;;) {
        const { items, next } = await page(`${path}?limit=${limit}${after}`)
        lines.push(...items)
        if (next === null) return lines
        after = `&after=${next}`
      }
    },
    close: () => db.end(),
  }
}
