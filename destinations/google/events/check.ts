import { z } from 'zod'
import type { Verdict } from '../../define.ts'
import { DestinationFailure } from '../../failure.ts'
import { failureOf } from '../../meaning.ts'
import { attempt } from '../calls.ts'
import type { GoogleConnection } from '../connection.ts'
import { eventsBody } from './body.ts'
import { meaningOf } from './error-table.ts'
import { lacks } from './lacks.ts'
import { syncSettings } from './sync-settings.ts'

/** Tries token, property and stream by a dry run with an event of nobody, which Google looks at and does not keep. */
export async function check(connection: GoogleConnection): Promise<Verdict> {
  const missing = lacks(connection)
  if (missing) return { ok: false, problems: [{ ...missing, whose: 'you' }] }
  const body = eventsBody(connection.settings, {
    id: 0,
    operation: 'add',
    identifiers: ['CLIENT_ID'],
    events: [{ key: '', values: ['1.1'], eventId: 'check', at: new Date(), properties: {} }],
    name: 'added_to_segment',
    audience: { id: 'check', name: 'check' },
    settings: syncSettings.parse({}),
    repeated: false,
    since: new Date(),
  })
  try {
    const result = await attempt(connection, {
      method: 'POST',
      path: 'events:ingest',
      body: Buffer.concat([body.subarray(0, -1), Buffer.from(',"validateOnly":true}')]),
      counts: 'write',
      besideAds: true,
      reply: z.unknown(),
    })
    if (!('fault' in result)) return { ok: true, account: connection.settings.gaPropertyId ?? '', problems: [] }
    const { kind, what, whose, next } = meaningOf(result.fault)
    const code = result.fault.named
    if (kind === 'retry' || kind === 'throttled') throw failureOf('Google', meaningOf(result.fault), { code })
    return { ok: false, problems: [{ what, whose, next, code }] }
  } catch (error) {
    if (!(error instanceof DestinationFailure) || error.kind === 'retry' || error.kind === 'throttled') throw error
    const next = 'Do what the sentence says, then check the destination again.'
    return {
      ok: false,
      problems: [{ what: error.message, whose: 'you', next, ...(error.code && { code: error.code }) }],
    }
  }
}
