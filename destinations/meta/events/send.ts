import { z } from 'zod'
import type { Receipt } from '../../define.ts'
import type { EventBatch } from '../../define-events.ts'
import { attempt } from '../calls.ts'
import type { MetaConnection } from '../connection.ts'
import { failureOf } from '../errors.ts'
import { eventsBody } from './body.ts'
import type { SyncSettings } from './sync-settings.ts'

const NO_USER_AGENT =
  'Meta takes events of a website with the user agent only, and this member has none beside an IP address'
const FEWER = 'Meta counted fewer events than were sent, and does not say which are missing'

const taken = z.object({ events_received: z.coerce.number().nonnegative() })

/** Tells the events of a batch. Meta takes all of them or none, and nothing is told of anybody later. */
export async function send(connection: MetaConnection, batch: EventBatch<SyncSettings>): Promise<Receipt> {
  const { sent, rejected } = parted(batch)
  const received = sent.length === 0 ? 0 : await tell(connection, { ...batch, events: sent })
  const missing = sent.length - received
  const reasons = {
    ...(rejected.size > 0 && { [NO_USER_AGENT]: rejected.size }),
    ...(missing > 0 && { [FEWER]: missing }),
  }
  return {
    state: 'accepted',
    final: true,
    received,
    refused: rejected.size + missing,
    ...(rejected.size > 0 && { rejected }),
    ...(rejected.size + missing > 0 && { reasons }),
  }
}

async function tell(connection: MetaConnection, batch: EventBatch<SyncSettings>): Promise<number> {
  const result = await attempt(connection, {
    method: 'POST',
    path: [connection.settings.datasetId ?? '', 'events'],
    body: eventsBody(connection.credentials.accessToken, batch),
    subject: 'events',
    reply: taken,
  })
  if ('fault' in result) throw failureOf(result.fault, 'events')
  return Math.min(result.reply.events_received, batch.events.length)
}

/** Who can be told at all: Meta refuses a whole request for one event of a website that has no user agent. */
function parted({ events, identifiers, settings }: EventBatch<SyncSettings>) {
  const rejected = new Map<string, string>()
  if (settings.actionSource !== 'website') return { sent: events, rejected }
  const column = identifiers.indexOf('CLIENT_USER_AGENT')
  const sent = events.filter(({ key, values }) => {
    if (values[column] !== undefined) return true
    rejected.set(key, NO_USER_AGENT)
    return false
  })
  return { sent, rejected }
}
