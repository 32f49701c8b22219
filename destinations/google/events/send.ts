import { z } from 'zod'
import type { Receipt } from '../../define.ts'
import type { EventBatch } from '../../define-events.ts'
import { failureOf } from '../../meaning.ts'
import { attempt } from '../calls.ts'
import type { GoogleConnection } from '../connection.ts'
import { refusedMembers } from '../refused-members.ts'
import { eventsBody } from './body.ts'
import { EVENT_ERRORS, meaningOf } from './error-table.ts'
import type { SyncSettings } from './sync-settings.ts'

/** Tells the events of a batch. Google takes the request and works on it for half an hour and more. */
export async function send(connection: GoogleConnection, batch: EventBatch<SyncSettings>): Promise<Receipt> {
  const result = await attempt(connection, {
    method: 'POST',
    path: 'events:ingest',
    body: eventsBody(connection.settings, batch),
    counts: 'write',
    besideAds: true,
    reply: z.object({ requestId: z.string().min(1) }),
  })
  if (!('fault' in result))
    return { state: 'accepted', reference: result.reply.requestId, received: batch.events.length }
  const { named, violations } = result.fault
  const members = refusedMembers(batch.events, violations, /^events\[([0-9]+)\]/, EVENT_ERRORS)
  throw failureOf('Google', meaningOf(result.fault), {
    code: named,
    members,
    rowsSuspect: members.size === 0 && violations.length === 0 && named.startsWith('INVALID_ARGUMENT'),
  })
}
