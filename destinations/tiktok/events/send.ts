import { z } from 'zod'
import type { Receipt } from '../../define.ts'
import type { EventBatch } from '../../define-events.ts'
import { failureOf } from '../../meaning.ts'
import { attempt } from '../calls.ts'
import type { TikTokConnection } from '../connection.ts'
import { eventsBody } from './body.ts'
import { DUPLICATE, meaningOf, PARTLY, ROWS_SUSPECT } from './error-table.ts'
import type { SyncSettings } from './sync-settings.ts'

/** Tells the events of a batch. TikTok says only that it took the request, and nothing of anybody later. */
export async function send(connection: TikTokConnection, batch: EventBatch<SyncSettings>): Promise<Receipt> {
  const result = await attempt(connection, {
    method: 'POST',
    path: '/event/track/',
    body: eventsBody(connection.settings.eventSourceId ?? '', batch),
    reply: z.unknown(),
  })
  if ('fault' in result) {
    const { code = 0, named } = result.fault
    const isTaken = code === DUPLICATE || (code === PARTLY && batch.settings.partlyTaken === 'accept')
    if (!isTaken)
      throw failureOf('TikTok', meaningOf(result.fault), { code: named, rowsSuspect: ROWS_SUSPECT.has(code) })
  }
  return { state: 'accepted', final: true, received: batch.events.length }
}
