import type { SentEvent } from '../events/event.ts'
import { isObject } from '../json.ts'

const types = ['track', 'identify', 'page', 'screen', 'group', 'alias']
const LONGEST_MESSAGE_ID = 99

/** A call as an event, and why Segment would drop it in silence, if it would. */
export interface ReadCall {
  event: SentEvent
  trouble: string | undefined
}

/** `common` is what the batch says for all its calls. */
export function readCall(
  sent: unknown,
  { stream, now, common }: { stream: string; now: number; common: Record<string, unknown> },
): ReadCall {
  const call = isObject(sent) ? sent : {}
  const { type, event, userId, anonymousId, messageId, timestamp, properties, traits, context, ...rest } = call
  const own = objectOf(context)
  const shared = objectOf(common.context)
  const email = objectOf(traits).email ?? objectOf(own.traits).email ?? objectOf(shared.traits).email
  const time = timestamp === undefined ? now : Date.parse(String(timestamp))
  const read: SentEvent = {
    stream,
    id: typeof messageId === 'string' && messageId !== '' ? messageId : undefined,
    name: type === 'track' ? textOf(event) : textOf(type),
    time: Number.isNaN(time) ? now : time,
    identifiers: present({ userId, anonymousId, email }),
    properties: objectOf(type === 'track' ? properties : traits),
    details: { type, ...rest, context: { ...shared, ...own } },
  }
  return { event: read, trouble: isObject(sent) ? troubleOf(call, Number.isNaN(time)) : 'no object' }
}

function troubleOf(call: Record<string, unknown>, timeIsBad: boolean): string | undefined {
  const { type, event, userId, anonymousId, messageId, properties, traits } = call
  const isMissing = (value: unknown) => value === undefined || value === null || value === ''
  const isText = (value: unknown) => isMissing(value) || typeof value === 'string'
  if (!types.some((known) => known === type)) return 'type is none that there is'
  if (isMissing(userId) && isMissing(anonymousId)) return 'neither userId nor anonymousId'
  if (!isText(userId) || !isText(anonymousId)) return 'userId and anonymousId must be strings'
  if (type === 'track' && (typeof event !== 'string' || event === '')) return 'track without event'
  if (messageId !== undefined && (typeof messageId !== 'string' || messageId === '')) return 'messageId is no string'
  if (typeof messageId === 'string' && messageId.length > LONGEST_MESSAGE_ID)
    return 'messageId has 100 characters or more'
  if (timeIsBad) return 'timestamp is no time'
  if (!isMissing(properties) && !isObject(properties)) return 'properties is no object'
  return isMissing(traits) || isObject(traits) ? undefined : 'traits is no object'
}

const objectOf = (value: unknown): Record<string, unknown> => (isObject(value) ? value : {})
const textOf = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 500) : '')

function present(all: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => typeof value === 'string' && value !== ''))
}
