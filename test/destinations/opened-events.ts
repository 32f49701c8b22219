import { onTestFinished } from 'vitest'
import { batchMembers } from '../../destinations/batch-members.ts'
import type { Usage } from '../../destinations/define.ts'
import type { EventBatch, EventDestination, OpenEvents, WantedAudience } from '../../destinations/define-events.ts'
import { compileMapping } from '../../destinations/mapping.ts'
import { type Recorded, type Reply, startRecorder } from './recorder.ts'

type Account = { readonly settings: unknown; readonly credentials: unknown }
type Taken = Pick<EventDestination, 'open'>
type Replier = (request: Recorded) => Reply | undefined

/** The event side of a platform bound to an account, talking to a recorder that answers as told. */
export async function recordedEvents(
  destination: Taken,
  account: Account | ((url: string) => Account),
  reply: Reply | Replier,
  { sandbox = false } = {},
) {
  const recorder = await startRecorder((request) => (typeof reply === 'function' ? reply(request) : reply))
  onTestFinished(() => recorder.close())
  const usages: Usage[] = []
  const paced: string[] = []
  const opened = destination.open(typeof account === 'function' ? account(recorder.url) : account, {
    baseUrl: recorder.url,
    signal: new AbortController().signal,
    timeoutMs: 10_000,
    sandbox,
    allowPrivate: false,
    pace: async ({ key }) => {
      paced.push(key)
    },
    onUsage: (usage) => usages.push(usage),
  })
  return { opened, requests: recorder.requests, usages, paced }
}

export const audience = { id: 'aud_1', name: 'VIP "90 days"' }

/** A batch of events without anybody, to be filled. */
export const anEventBatch = (over: Partial<EventBatch>): EventBatch => ({
  id: 7,
  operation: 'add',
  identifiers: [],
  events: [],
  name: 'added_to_segment',
  audience,
  settings: {},
  repeated: false,
  since: new Date(),
  ...over,
})

export const anOpenEvents = (over: Partial<OpenEvents>): OpenEvents => ({
  operation: 'add',
  reference: '',
  rows: 0,
  sentAt: new Date(),
  settings: {},
  members: async () => ({ identifiers: [], members: [] }),
  ...over,
})

export const aWantedAudience = (over: Partial<WantedAudience> = {}): WantedAudience => ({
  audience,
  names: { addedEvent: 'added_to_segment', removedEvent: 'removed_from_segment' },
  settings: {},
  marker: 'audience-sync-1',
  ...over,
})

export const eventIdOf = (row: number) => `00000000-0000-4000-8000-${String(row).padStart(12, '0')}`

/** Events of people as the framework makes them: mapped, normalised, hashed, sealed values opened. Each field is named as its identifier. */
export function eventsOf(
  { identifiers }: Pick<EventDestination, 'identifiers'>,
  people: readonly Readonly<Record<string, string>>[],
  {
    at = new Date(),
    properties = {},
    settings,
  }: { at?: Date; properties?: Record<string, string>; settings?: Record<string, unknown> } = {},
): Pick<EventBatch, 'identifiers' | 'events'> {
  const fields = [...new Set(people.flatMap((person) => Object.keys(person)))]
  const prepare = compileMapping({
    identifiers,
    mapping: Object.fromEntries(fields.map((field) => [field, field])),
    fields,
    settings,
  })
  const rows = people.map((person) => {
    const row = prepare(fields.map((field) => person[field] ?? null))
    if ('unusable' in row) throw new Error(row.unusable)
    return row
  })
  const { identifiers: names, members } = batchMembers(
    identifiers,
    rows.map((_, row) => `m${row}`),
    rows.map(({ packed }) => packed),
    { plainOf: (row) => rows[row]?.plain },
  )
  return {
    identifiers: names,
    events: members.map(({ key, values }, row) => ({ key, values, eventId: eventIdOf(row), at, properties })),
  }
}
