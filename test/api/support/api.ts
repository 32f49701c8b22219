import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, beforeAll } from 'vitest'
import { createApp } from '../../../api/app.ts'
import { hashApiKey, makeApiKey } from '../../../api/auth.ts'
import type { ApiConfig } from '../../../api/deps.ts'
import { HistoryUnavailable } from '../../../api/history/temporal.ts'
import type { Workflows } from '../../../api/workflows.ts'
import { connect, type Database } from '../../../db/connect.ts'
import { loadMemberKeySecret } from '../../../db/member-key.ts'
import { createApiKey } from '../../../db/queries/api-key.ts'
import type { Role } from '../../../db/schema/api-key.ts'
import { createSeal, type Seal } from '../../../db/seal.ts'
import { startSandbox } from '../../../sandbox/server.ts'
import { openPostgres } from '../../../sources/postgres/index.ts'
import { createDatabase, createEmptyDatabase } from '../../support/database.ts'

export type Reply = {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts what it reads out of an answer
  body: any
}

export type Api = {
  db: Database
  seal: Seal
  memberKeySecret: Buffer
  /** Address of a source database of the test's own, empty. */
  sourceUrl: string
  sandboxUrl: string
  config: { -readonly [Name in keyof ApiConfig]: ApiConfig[Name] }
  keys: Record<Role, string>
  /** Signals that the API sent, in order: "audience <id> wake". */
  signals: string[]
  /** Lines of the log. */
  logged: string[]
  /** When set, every signal fails. */
  temporalDown: boolean
  request(path: string, init?: RequestInit & { duplex?: 'half' }): Promise<Response>
  call(
    method: string,
    path: string,
    body?: unknown,
    more?: { role?: Role; headers?: Record<string, string> },
  ): Promise<Reply>
  /** A call that must work; its answer. */
  // biome-ignore lint/suspicious/noExplicitAny: as in Reply
  must(method: string, path: string, body?: unknown): Promise<any>
  /** A call to the sandbox itself. */
  // biome-ignore lint/suspicious/noExplicitAny: as in Reply
  sandbox(method: string, path: string, body?: unknown): Promise<any>
}

/** An API over a database, a source and a sandbox of its own, for one test file. Temporal is a recorder. */
export function useApi(): Api {
  // What the tests see is filled in before the first of them runs.
  const api = {} as Api
  const ends: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    const [database, source, sandbox] = await Promise.all([
      createDatabase(),
      createEmptyDatabase(),
      startSandbox({ port: 0 }),
    ])
    const db = connect(database.url, { max: 6 })
    ends.push(
      () => db.end(),
      database.drop,
      source.drop,
      () => sandbox.close(),
    )
    const seal = createSeal([randomBytes(32)])
    const keys = { viewer: makeApiKey(), operator: makeApiKey(), admin: makeApiKey() }
    for (const role of ['viewer', 'operator', 'admin'] as const)
      await createApiKey(db.orm, { name: role, role, hash: hashApiKey(keys[role]), hint: 'as_' })
    const signals: string[] = []
    const logged: string[] = []
    const config = { sandboxUrl: sandbox.url, minRefreshMs: 1_000, maxUploadBytes: 4 * 1024 ** 3, allowPrivate: false }
    const note = async (line: string) => {
      if (api.temporalDown) throw new Error('no connection to Temporal')
      signals.push(line)
    }
    const workflows: Workflows = {
      signalAudience: ({ id }, signal) => note(`audience ${id} ${signal}`),
      signalSync: (id, signal, ...args) => note(['sync', id, signal, ...args].join(' ')),
      ready: async () => ({ temporal: !api.temporalDown, worker: !api.temporalDown }),
    }
    const memberKeySecret = await loadMemberKeySecret(db.sql, seal)
    const app = createApp({
      db,
      seal,
      memberKeySecret,
      workflows,
      histories: {
        executions: () => {
          if (api.temporalDown) throw new HistoryUnavailable(new Error('no connection to Temporal'))
          return (async function* () {})()
        },
        read: async () => undefined,
      },
      openSource: (url) => openPostgres(url, { statementTimeoutMs: 5_000 }),
      config,
      log: pino({ level: 'debug' }, { write: (line: string) => logged.push(line) }),
      now: () => new Date(),
      stopping: new AbortController().signal,
    })
    const call: Api['call'] = async (method, path, body, { role = 'admin', headers = {} } = {}) => {
      const response = await app.request(path, {
        method,
        headers: {
          authorization: `Bearer ${keys[role]}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      const json = /json/.test(response.headers.get('content-type') ?? '')
      return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text }
    }
    Object.assign(api, {
      db,
      seal,
      memberKeySecret,
      sourceUrl: source.url,
      sandboxUrl: sandbox.url,
      config,
      keys,
      signals,
      logged,
      temporalDown: false,
      request: async (path: string, init?: RequestInit) => app.request(path, init),
      call,
      must: async (method: string, path: string, body?: unknown) => {
        const reply = await call(method, path, body)
        if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
        return reply.body
      },
      sandbox: async (method: string, path: string, body?: unknown) => {
        const response = await fetch(`${sandbox.url}/_sandbox${path}`, {
          method,
          headers: { 'content-type': 'application/json' },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        })
        return response.json()
      },
    })
  })
  afterAll(async () => {
    for (const end of ends) await end()
  })
  return api
}
