import type { Client } from '@temporalio/client'
import { pino } from 'pino'
import { openApp } from './api-app.ts'
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

/** The API as a reader of logs uses it. */
export async function openApi(deployment: Deployment, options: { client?: Client } = {}) {
  const logged: string[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => logged.push(line) })
  const { app, key, stopping, close } = await openApp(deployment, { log, ...options })
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
    close,
  }
}
