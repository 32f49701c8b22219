import { pino } from 'pino'
import type { Postgres } from '../../scripts/stack/postgres.ts'
import { taskQueue, workflowIds } from '../../workflows/names.ts'
import { openApp } from '../support/api-app.ts'
import { type Servers, startDeployment } from '../support/deployment.ts'
import { failAttempts as failAttemptsOf } from '../support/lost-attempts.ts'
import type { Tally } from './tally.ts'

// biome-ignore lint/suspicious/noExplicitAny: whoever asks knows what is answered
export type Reply = { readonly status: number; readonly body: any }
export type World = Awaited<ReturnType<typeof openWorld>>

/** A deployment with its API, and everything that can befall it as a whole. */
export async function openWorld(servers: Servers, postgres: Postgres, tally: Tally) {
  // one catastrophe at a time: each is to hit something that works
  let calamity: Promise<unknown> = Promise.resolve()
  function alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = calamity.then(work, work)
    calamity = mine.catch(() => {})
    return mine
  }
  const deployment = await startDeployment({
    servers,
    leaseMs: 2_000,
    onWorkerEnded: (words) => {
      tally.count('a process that ended by itself', words)
      void alone(() => deployment.startWorker())
    },
  })
  const { temporal } = deployment
  const { app, key, memberKeySecret, close } = await openApp(deployment, { log: pino({ level: 'silent' }) })

  /** An answer of the API; one that it could not give, because something is down, is asked for again. */
  async function api(method: string, path: string, body?: unknown): Promise<Reply> {
    return steadily(async () => {
      const response = await app.request(path, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      if (response.status >= 500) throw new Error(`${method} ${path} answered ${response.status}`)
      const text = await response.text()
      return { status: response.status, body: text === '' ? null : JSON.parse(text) }
    })
  }

  /** An answer that must be a good one. */
  async function must(method: string, path: string, body?: unknown) {
    const reply = await api(method, path, body)
    if (reply.status < 300) return reply.body
    throw new Error(`${method} ${path} answered ${reply.status}: ${JSON.stringify(reply.body)}`)
  }

  async function sandbox(method: string, path: string, body?: unknown) {
    const response = await fetch(`${deployment.sandbox.url}/_sandbox${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`The sandbox answered ${method} ${path} with ${response.status}: ${text}`)
    return text === '' ? null : JSON.parse(text)
  }

  let housekeptAt = -Infinity
  const failAttempts = () => steadily(() => failAttemptsOf(deployment))
  const killWorker = async () => {
    await deployment.killWorker()
    await failAttempts()
    await deployment.startWorker()
  }
  const crashPostgres = async () => {
    await postgres.kill()
    await postgres.restart()
  }

  return {
    ...deployment,
    deployment,
    memberKeySecret,
    tally,
    api,
    must,
    sandboxCall: sandbox,
    alone,
    killWorker,
    crashPostgres,
    failAttempts,
    /** The worker hangs, another one takes over, and the first one wakes up while the other is at it. */
    async hangWorker() {
      const hanging = await deployment.replaceHanging()
      await failAttempts()
      await pause(deployment.leaseMs + 500)
      hanging.wake()
      await pause(1_500)
      await hanging.end()
      await failAttempts()
    },
    async terminate(workflowId: string) {
      await temporal.workflow
        .getHandle(workflowId)
        .terminate('by an operator')
        .then(() => tally.count('workflows terminated', workflowId.replace(/-.*/, '')))
        .catch(() => {}) // there is none now
    },
    /** A round of housekeeping soon, instead of within a minute. Whoever asks for it, each round has the time to end. */
    async housekeep() {
      if (performance.now() - housekeptAt < 5_000) return
      housekeptAt = performance.now()
      await temporal.workflow
        .getHandle(workflowIds.housekeeping)
        .terminate('to begin a round now')
        .catch(() => {})
      await temporal.workflow.start('housekeeping', {
        workflowId: workflowIds.housekeeping,
        taskQueue,
        workflowIdConflictPolicy: 'USE_EXISTING',
      })
    },
    async close() {
      await close()
      await deployment.stop()
    },
  }
}

export const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms))

/** Tries for a while: the database may be down on purpose. What is tried must bear being done twice. */
export async function steadily<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + 120_000
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await pause(100)
    }
  }
}
