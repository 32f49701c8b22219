import { createHash } from 'node:crypto'
import { parseJson } from '../json.ts'
import type { Answer, Arrival, Call, Disturbance, Refusal, RefusalDetails } from '../platform.ts'
import { readPayload } from './payload.ts'
import { keepDelivery, type WebhookState } from './state.ts'
import { troubleOfSignature } from './verify.ts'

export function openCall(state: WebhookState, arrival: Arrival): Call {
  return {
    operation: 'deliver',
    perform: (disturbance) => deliver(state, arrival, disturbance),
    refuse: refuseCall,
  }
}

const refused = (status: number, error: string): Answer => ({ status, body: { error } })

function deliver(state: WebhookState, arrival: Arrival, disturbance: Disturbance): Answer {
  const account = state.accounts.get(arrival.path.slice(1))
  if (account === undefined) return refused(404, 'there is no such endpoint')
  if (arrival.method !== 'POST') return refused(405, 'only POST')
  const trouble = troubleOfSignature(account, arrival.headers, arrival.body)
  if (trouble !== undefined) return refused(401, trouble)
  if (!/^application\/json\b/i.test(arrival.headers['content-type'] ?? ''))
    return refused(415, 'content-type must be application/json')
  const id = String(arrival.headers['webhook-id'])
  if (!/^[^.\s]{1,256}$/.test(id)) return refused(400, 'webhook-id must have 1 to 256 characters, no dot among them')
  return receive(state, { stream: account.id, id, body: arrival.body }, disturbance)
}

interface Incoming {
  stream: string
  id: string
  body: Buffer
}

/** A repeated webhook-id is counted, answered like the first and not applied again: what is new in its body is lost. */
function receive(state: WebhookState, { stream, id, body }: Incoming, { rejectRows, reason }: Disturbance): Answer {
  const key = `${stream}/${id}`
  const hash = createHash('sha256').update(body).digest('base64url')
  const before = state.deliveries.get(key)
  if (before !== undefined) keepDelivery(state, key, { ...before, count: before.count + 1 })
  if (before?.body === hash)
    return { status: 200, body: { received: 0, repeated: true }, note: { received: 0, invalid: 0 } }
  const events = readPayload(stream, parseJson(body))
  if (typeof events === 'string') return refused(400, events)
  const lost = before && 'its webhook-id came before, with another body'
  let invalid = 0
  for (const [index, event] of events.entries()) {
    const rejected = index < rejectRows ? (reason ?? 'refused by a fault') : undefined
    const outcome = state.events.take({ ...event, details: { webhook_id: id } }, lost ?? rejected)
    if (outcome === 'dropped') invalid++
  }
  if (before === undefined) keepDelivery(state, key, { count: 1, body: hash })
  return { status: 200, body: { received: events.length }, note: { received: events.length, invalid } }
}

const statuses: Record<Refusal, number> = {
  throttled: 429,
  server_error: 500,
  expired_token: 401,
  permission: 403,
  list_deleted: 410,
  list_flagged: 403,
  bad_request: 400,
}

/** What a customer's server may answer: any status, with `retry-after` in seconds where a fault orders it. */
function refuseCall(refusal: Refusal, { status = statuses[refusal], regainMinutes, reason }: RefusalDetails): Answer {
  const seconds = regainMinutes === undefined ? undefined : Math.round(regainMinutes * 60)
  return {
    ...refused(status, reason ?? 'refused by a fault'),
    headers: seconds === undefined ? {} : { 'retry-after': String(seconds) },
  }
}
