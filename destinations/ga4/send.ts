import { atOnce } from '../at-once.ts'
import type { Receipt } from '../define.ts'
import type { EventBatch } from '../define-events.ts'
import { DestinationFailure } from '../failure.ts'
import { type Answer, requestJson } from '../http.ts'
import { AT_ONCE } from './api.ts'
import { bodyWriter } from './body.ts'
import { collectUrl, type Ga4Connection, type Ga4Sync } from './connection.ts'

/**
 * Tells the events of a batch, a request for each. Google says 2xx to whatever reaches it, and asks not to repeat what it
 * answered with anything else. There is no id by which a repeat is known: it is counted again, and leaves the state as it is.
 */
export async function send(connection: Ga4Connection, batch: EventBatch<Ga4Sync>): Promise<Receipt> {
  const bodyOf = bodyWriter(connection.settings, batch)
  const url = collectUrl(connection, '/mp/collect')
  const rejected = new Map<string, string>()
  await atOnce(batch.events, AT_ONCE, async (event) => {
    const body = bodyOf(event)
    if (!body) {
      rejected.set(event.key, noIdOf(connection))
      return
    }
    const { status } = await asked(connection, url, body)
    if (status < 200 || status >= 300)
      rejected.set(event.key, `Google Analytics answered http ${status}, after which it wants no repeat`)
  })
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

const noIdOf = ({ settings }: Ga4Connection): string =>
  settings.measurementId === undefined
    ? 'no app instance id, which an app stream needs'
    : 'no client id, which a web stream needs'

/** One request; one without an answer is tried once more. */
export async function asked(connection: Ga4Connection, url: string, body: Buffer): Promise<Answer> {
  const { signal, timeoutMs } = connection
  const ask = () => requestJson({ method: 'POST', url, body, signal, timeoutMs })
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof DestinationFailure) || signal.aborted) throw error
    return ask()
  }
}
