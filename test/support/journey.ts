import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { pino } from 'pino'
import { afterAll, beforeAll } from 'vitest'
import { openApp } from './api-app.ts'
import { type Deployment, heldMembers, startDeployment, until } from './deployment.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test asserts what it reads out of an answer
type Body = any
/** `code` is that of the problem, where the answer is one. */
export type Reply = { status: number; headers: Headers; body: Body; code: string | undefined }
export type Call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>

/** A deployment with its API over HTTP, and what a user of the API does with it. */
export type Journey = {
  deployment: Deployment
  url: string
  key: string
  call: Call
  /** A call that must work; its answer. */
  must: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Body>
  sandbox: (method: string, path: string, body?: unknown) => Promise<Body>
  /** When its uploads are done. */
  finished: (runId: string) => Promise<Body>
  /** When every receipt of it is final. */
  settled: (runId: string) => Promise<Body>
  /** Asks for a run and waits until its uploads are done. */
  syncNow: (audienceId: string) => Promise<Body>
  /** The audience's run that was asked for last, when its uploads are done. */
  lastRun: (audienceId: string) => Promise<Body>
  /** E-mail hashes of a list at the sandbox, sorted. */
  emails: (listId: string) => Promise<string[]>
}

/** `console`: builds what is served beside the API. */
type ApiOptions = { maxUploadBytes?: number; allowPrivate?: boolean; console?: () => Promise<string> }

/** Starts a deployment for one test file, and its API in this process over real HTTP and the real Temporal. */
export function useJourney(options: Parameters<typeof startDeployment>[0] & ApiOptions = {}): Journey {
  // What the tests see is filled in before the first of them runs.
  const journey = {} as Journey
  const ends: (() => Promise<unknown>)[] = []
  beforeAll(async () => {
    const deployment = await startDeployment(options)
    ends.push(deployment.stop)
    const api = await startApi(deployment, options)
    ends.push(api.stop)
    Object.assign(journey, { deployment, url: api.url, key: api.key, ...users(deployment, api) })
  })
  afterAll(async () => {
    for (const end of ends.reverse()) await end()
  })
  return journey
}

async function startApi(deployment: Deployment, options: ApiOptions) {
  const log = pino({ level: process.env.SHOW_API ? 'debug' : 'silent' })
  const { app, key, close } = await openApp(deployment, { log, ...options })
  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const started = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, () => resolve(started))
  })
  const address = server.address()
  return {
    url: `http://127.0.0.1:${portOf(address)}`,
    key,
    stop: async () => {
      if ('closeAllConnections' in server) server.closeAllConnections()
      await new Promise((done) => server.close(done))
      await close()
    },
  }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('The API listens on no port.')
  return address.port
}

function users(
  deployment: Deployment,
  { url, key }: { url: string; key: string },
): Omit<Journey, 'deployment' | 'url' | 'key'> {
  const call: Call = async (method, path, body, headers = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const answer = await parsed(response)
    const code = String(answer?.type ?? '')
      .split(':')
      .at(-1)
    return { status: response.status, headers: response.headers, body: answer, code }
  }
  const must: Journey['must'] = async (method, path, body, headers) => {
    const reply = await call(method, path, body, headers)
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
    return reply.body
  }
  const runWith = (runId: string, field: 'finishedAt' | 'settledAt') =>
    until(async () => {
      const run = await must('GET', `/v1/runs/${runId}`)
      return run[field] === null ? undefined : run
    })
  const finished = (runId: string) => runWith(runId, 'finishedAt')
  return {
    call,
    must,
    sandbox: async (method, path, body) => {
      const response = await fetch(`${deployment.sandbox.url}/_sandbox${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      return parsed(response)
    },
    finished,
    settled: (runId) => runWith(runId, 'settledAt'),
    syncNow: async (audienceId) => finished((await must('POST', `/v1/audiences/${audienceId}/instant-sync`)).runId),
    lastRun: async (audienceId) => {
      const { items } = await must('GET', `/v1/audiences/${audienceId}/runs?limit=1`)
      return finished(items[0].id)
    },
    emails: async (listId) => (await heldMembers(deployment, listId)).map(({ EMAIL }) => EMAIL ?? '').sort(),
  }
}

async function parsed(response: Response): Promise<Body> {
  const text = await response.text()
  return /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text
}
