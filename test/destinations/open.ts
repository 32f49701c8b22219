import { onTestFinished } from 'vitest'
import type { Batch, Destination, Open, Usage, WantedList } from '../../destinations/define.ts'
import { DestinationFailure } from '../../destinations/failure.ts'
import { type Recorded, type Reply, startRecorder } from './recorder.ts'

type Account = { readonly settings: unknown; readonly credentials: unknown }
type Opens = Pick<Destination, 'open'>

/** A destination bound to an account and talking to `baseUrl`; `usages` fills with what it reports, `paced` with the quotas that it asked for. */
export function openAt(
  destination: Opens,
  baseUrl: string,
  account: Account,
  { sandbox = false, allowPrivate = false } = {},
) {
  const usages: Usage[] = []
  const paced: string[] = []
  const opened = destination.open(account, {
    baseUrl,
    signal: new AbortController().signal,
    timeoutMs: 10_000,
    sandbox,
    allowPrivate,
    pace: async ({ key }) => {
      paced.push(key)
    },
    onUsage: (usage) => usages.push(usage),
  })
  return { opened, usages, paced }
}

/** The same against a recorder that answers as told. */
export async function recorded(
  destination: Opens,
  account: Account,
  reply: Reply | ((request: Recorded) => Reply | undefined),
) {
  const recorder = await startRecorder((request) => (typeof reply === 'function' ? reply(request) : reply))
  onTestFinished(() => recorder.close())
  return { ...openAt(destination, recorder.url, account), requests: recorder.requests }
}

/** A batch without members, to be filled. */
export const aBatch = (over: Partial<Batch>): Batch => ({
  id: 7,
  operation: 'add',
  listId: '1',
  identifiers: [],
  members: [],
  settings: {},
  since: new Date(),
  repeated: false,
  ...over,
})

export const aReceipt = (over: Partial<Open>): Open => ({
  listId: '1',
  operation: 'add',
  reference: '',
  rows: 0,
  sentAt: new Date(),
  settings: {},
  members: async () => ({ identifiers: [], members: [] }),
  ...over,
})

export const aWantedList = (over: Partial<WantedList> = {}): WantedList => ({
  name: 'VIP',
  marker: 'audience-sync-1',
  identifiers: [],
  settings: {},
  ...over,
})

/** The failure that a call ends with; an error of any other kind, or none, fails the test. */
export async function failureFrom(call: Promise<unknown>): Promise<DestinationFailure> {
  const ended = await call.then(
    () => 'It did not fail',
    (error: unknown) => error,
  )
  if (ended instanceof DestinationFailure) return ended
  throw new Error(`Expected a DestinationFailure, got: ${ended}`)
}
