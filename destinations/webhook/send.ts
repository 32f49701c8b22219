import { Webhook } from 'standardwebhooks'
import { atOnce } from '../at-once.ts'
import type { Receipt } from '../define.ts'
import type { EventBatch } from '../define-events.ts'
import { DestinationFailure } from '../failure.ts'
import { failureOf } from '../meaning.ts'
import { post } from '../outbound.ts'
import { retryAfterMs } from '../retry-after.ts'
import { lacks, type WebhookConnection, type WebhookSync } from './connection.ts'
import { meaningOf } from './error-table.ts'
import { AT_ONCE, MOST_FAULTS } from './limits.ts'
import { type Message, messagesOf } from './messages.ts'

const STOPPED = 'The requests to the receiver were stopped from our side before all of them were answered.'

/**
 * Tells a batch of events, several requests at a time. One that is not taken does not stop its neighbours; at the end it makes
 * the batch fail as `retry`, and a repeat sends all of it again, by whose ids the receiver knows what it has had.
 */
export async function send(connection: WebhookConnection, batch: EventBatch<WebhookSync>): Promise<Receipt> {
  const signed = signer(connection)
  const faults: DestinationFailure[] = []
  let received = 0
  // what is wrong with the address, or with the pace, is wrong for all
  const isOver = () =>
    faults.length >= MOST_FAULTS || connection.signal.aborted || faults.some(({ kind }) => kind !== 'retry')
  await atOnce(
    messagesOf(batch),
    AT_ONCE,
    async (message) => {
      const fault = await attempt(connection, message, signed)
      if (fault) faults.push(fault)
      else received += message.events
    },
    isOver,
  )
  const [first] = faults
  if (first) throw faults.find(({ kind }) => kind !== 'retry') ?? first
  if (received < batch.events.length) throw new DestinationFailure('retry', STOPPED, { code: 'stopped' })
  return { state: 'confirmed', received }
}

type Headers = Readonly<Record<string, string>>

/** One request; what it failed of, if it did. */
async function attempt(
  connection: WebhookConnection,
  { id, body }: Message,
  signed: (id: string, body: string) => Headers,
): Promise<DestinationFailure | undefined> {
  try {
    const { url } = connection.settings
    const { status, header } = await post({ url, headers: signed(id, body), body: Buffer.from(body) }, connection)
    if (status >= 200 && status < 300) return undefined
    const waitMs = retryAfterMs(header('retry-after'))
    return failureOf('Webhook', meaningOf(status, waitMs), { code: `http ${status}`, retryAfterMs: waitMs })
  } catch (error) {
    if (error instanceof DestinationFailure) return error
    throw error
  }
}

/** Headers of Standard Webhooks: the time is that of the attempt, and while secrets change there is a signature by each. */
function signer(connection: WebhookConnection): (id: string, body: string) => Headers {
  const { secret, previousSecret } = connection.credentials
  const missing = lacks(connection)
  if (missing || secret === undefined)
    throw new DestinationFailure('auth', `${missing?.what} ${missing?.next}`, { code: 'no-secret' })
  const signers = [secret, ...(previousSecret === undefined ? [] : [previousSecret])].map((key) => new Webhook(key))
  return (id, body) => {
    const now = new Date()
    return {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': signers.map((each) => each.sign(id, now, body)).join(' '),
    }
  }
}
