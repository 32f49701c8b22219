import { z } from 'zod'
import type { Receipt } from '../../define.ts'
import type { EventBatch, MembershipEvent } from '../../define-events.ts'
import { failureOf } from '../../meaning.ts'
import { attempt, type Fault } from '../calls.ts'
import type { KlaviyoConnection } from '../connection.ts'
import { TOO_LARGE } from '../error-table.ts'
import { bulkBody, singleBody } from './body.ts'
import { meaningOf } from './error-table.ts'
import { limits } from './limits.ts'
import type { SyncSettings } from './sync-settings.ts'

type Batch = EventBatch<SyncSettings>

/** So many single calls are on their way at once. */
const AT_ONCE = 8

/** Tells the events of a batch. Klaviyo answers that they are valid and will be worked on, and nothing of anybody later. */
export async function send(connection: KlaviyoConnection, batch: Batch): Promise<Receipt> {
  const rejected = batch.events.length === 1 ? await oneByOne(connection, batch) : await together(connection, batch)
  const reasons: Record<string, number> = {}
  for (const reason of rejected.values()) reasons[reason] = (reasons[reason] ?? 0) + 1
  return {
    state: 'accepted',
    final: true,
    received: batch.events.length - rejected.size,
    refused: rejected.size,
    ...(rejected.size > 0 && { rejected, reasons }),
  }
}

/**
 * All in one call. One id that Klaviyo has had makes it refuse them all: ids are made for one event each, so those were taken by
 * a call whose answer was lost. They are left out and the rest is sent; where none is named, each goes alone, as a repeat does
 * nothing there.
 */
async function together(connection: KlaviyoConnection, batch: Batch): Promise<ReadonlyMap<string, string>> {
  const { events } = batch
  if (events.length === 0) return new Map()
  const body = bulkBody(batch)
  if (body.length > limits.bytesPerRequest)
    throw failureOf('Klaviyo', TOO_LARGE, { code: 'too-large', rowsSuspect: true })
  const result = await attempt(connection, {
    method: 'POST',
    path: '/api/event-bulk-create-jobs',
    body,
    endpoint: 'eventJob',
    reply: z.unknown(),
  })
  if (!('fault' in result)) return new Map()
  const { fault } = result
  const repeated = repeatedOf(events, fault)
  if (repeated.size > 0) {
    return together(connection, { ...batch, events: events.filter(({ eventId }) => !repeated.has(eventId)) })
  }
  const members = refusedBy(events, fault)
  const speaksOfIds = fault.complaints.some(({ pointer, detail }) => /unique_?id/i.test(`${pointer} ${detail}`))
  if (fault.status === 400 && (speaksOfIds || (batch.repeated && members.size === 0)))
    return oneByOne(connection, batch)
  const aboutRows = fault.status === 400 || fault.status === 413
  throw failureOf('Klaviyo', meaningOf(fault), {
    code: fault.named,
    retryAfterMs: fault.retryAfterMs,
    members,
    rowsSuspect: aboutRows && members.size === 0,
  })
}

/** Each event in a call of its own; who is refused by name, by key. */
async function oneByOne(connection: KlaviyoConnection, batch: Batch): Promise<ReadonlyMap<string, string>> {
  const rejected = new Map<string, string>()
  const left = [...batch.events]
  const work = async () => {
    for (let event = left.pop(); event; event = left.pop()) {
      const result = await attempt(connection, {
        method: 'POST',
        path: '/api/events',
        body: singleBody(batch, event),
        endpoint: 'event',
        reply: z.unknown(),
      })
      if (!('fault' in result)) continue
      const { fault } = result
      if (fault.status !== 400 && fault.status !== 413)
        throw failureOf('Klaviyo', meaningOf(fault), { code: fault.named, retryAfterMs: fault.retryAfterMs })
      rejected.set(event.key, reasonOf(fault.complaints[0]))
    }
  }
  const stop = (error: unknown) => {
    left.length = 0
    throw error
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, left.length) }, () => work().catch(stop)))
  return rejected
}

const placeOf = (pointer: string): number =>
  Number(/\/events-bulk-create\/data\/([0-9]+)(?:\/|$)/.exec(pointer)?.[1] ?? -1)

/** The ids that Klaviyo says it has had: pointed at, or written in its sentence. */
function repeatedOf(events: readonly MembershipEvent[], { status, complaints }: Fault): ReadonlySet<string> {
  if (status !== 400 && status !== 409) return new Set()
  const ours = new Set(events.map(({ eventId }) => eventId))
  const named = complaints.flatMap(({ pointer, detail }) => {
    const pointed = pointer.endsWith('/unique_id') ? events[placeOf(pointer)]?.eventId : undefined
    const written = detail.split(/[^A-Za-z0-9-]+/).filter((word) => ours.has(word))
    return pointed === undefined ? written : [pointed, ...written]
  })
  return new Set(named)
}

/** Whom Klaviyo points at, by key. */
function refusedBy(events: readonly MembershipEvent[], { status, complaints }: Fault): Map<string, string> {
  if (status !== 400) return new Map()
  return new Map(
    complaints.flatMap((complaint) => {
      const event = events[placeOf(complaint.pointer)]
      return event ? [[event.key, reasonOf(complaint)] as const] : []
    }),
  )
}

function reasonOf(complaint: { readonly pointer: string; readonly code: string } | undefined): string {
  const attribute = /\/attributes\/([a-z_]+)$/.exec(complaint?.pointer ?? '')?.[1]
  const code = /^[a-z_]{3,60}$/.test(complaint?.code ?? '') ? complaint?.code : 'invalid'
  return `Klaviyo refused ${attribute ? `the ${attribute}` : 'the event'} (${code})`
}
