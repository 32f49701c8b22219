import { onTestFinished } from 'vitest'
import type { Batch, Usage, WantedList } from '../../../destinations/define.ts'
import { meta } from '../../../destinations/meta/index.ts'
import { type Recorded, type Reply, startRecorder } from '../recorder.ts'

export const LIST = '120210000000000001'

type Options = {
  settings?: Record<string, unknown>
  credentials?: Record<string, unknown>
  /** An account as the sandbox hands it out, instead of the usual one. */
  account?: { settings: unknown; credentials: unknown }
  signal?: AbortSignal
  timeoutMs?: number
}

/** The destination bound to an account, talking to `baseUrl`; `usages` fills with what it reports. */
export function openMeta(baseUrl: string, options: Options = {}) {
  const usages: Usage[] = []
  const opened = meta.open(
    options.account ?? {
      settings: { adAccountId: '17', ...options.settings },
      credentials: { accessToken: 'TOKEN', ...options.credentials },
    },
    {
      baseUrl,
      signal: options.signal ?? new AbortController().signal,
      timeoutMs: options.timeoutMs ?? 10_000,
      sandbox: false,
      allowPrivate: false,
      pace: async () => {},
      onUsage: (usage) => usages.push(usage),
    },
  )
  return { opened, usages }
}

/** The same against a recorder that answers as told, or one thing after the other. */
export async function connected(reply: Reply | ((request: Recorded) => Reply | undefined), options: Options = {}) {
  const recorder = await startRecorder((request) => (typeof reply === 'function' ? reply(request) : reply))
  onTestFinished(() => recorder.close())
  return { ...openMeta(recorder.url, options), requests: recorder.requests }
}

export const batchOf = (over: Partial<Batch> = {}): Batch => ({
  id: 7,
  operation: 'add',
  listId: LIST,
  identifiers: ['EMAIL', 'EXTERN_ID'],
  members: [
    { key: 'a', values: ['a'.repeat(64), 'u1'] },
    { key: 'b', values: [undefined, 'u2'] },
  ],
  settings: {},
  since: new Date(),
  repeated: false,
  ...over,
})

/** A list to be made by a sync that maps an e-mail address. */
export const wantedList = (wanted: { name: string; marker: string }): WantedList => ({
  ...wanted,
  identifiers: ['EMAIL'],
  settings: {},
})

/** What an open receipt has beside that Meta never looks at. */
export const unread = { settings: {}, members: async () => ({ identifiers: [], members: [] }) }

export const errorReply = (code: number, subcode?: number, more: { status?: number; extra?: object } = {}): Reply => ({
  status: more.status ?? 400,
  json: {
    error: { message: 'CANARY jane@example.test', type: 'OAuthException', code, error_subcode: subcode, ...more.extra },
  },
})

export { failureFrom } from '../open.ts'
