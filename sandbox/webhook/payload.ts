import { z } from 'zod'
import type { SentEvent } from '../events/event.ts'

const time = z.iso.datetime({ offset: true })
const text = z.string().min(1)

const membership = z.strictObject({
  id: text,
  segment_id: text,
  segment_name: z.string(),
  action: z.enum(['added', 'removed']),
  occurred_at: time,
  member: z.record(z.string(), z.union([text, z.array(text).min(1)])).refine((all) => Object.keys(all).length > 0, {
    message: 'needs an identifier',
  }),
  properties: z.record(z.string(), z.unknown()).optional(),
})

const one = z.strictObject({ type: text, timestamp: time, data: membership })
const several = z.strictObject({
  type: z.literal('membership'),
  timestamp: time,
  data: z.strictObject({ events: z.array(z.strictObject({ ...membership.shape, type: text })).min(1) }),
})

type Told = z.infer<typeof membership> & { type: string }

/** The events of a payload, or the first thing that is wrong with it; a value is not repeated, it may be a person's. */
export function readPayload(stream: string, body: unknown): SentEvent[] | string {
  const isSeveral = z.object({ data: z.object({ events: z.unknown() }) }).safeParse(body).success
  const read = isSeveral ? several.safeParse(body) : one.safeParse(body)
  if (!read.success) {
    const issue = read.error.issues[0]
    return `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}`
  }
  const { data, type } = read.data
  const told: Told[] = 'events' in data ? data.events : [{ ...data, type }]
  return told.map((each) => eventOf(stream, each))
}

/** Its properties are those of the user, with what it says of the audience. */
function eventOf(stream: string, { id, type, member, properties, ...standard }: Told): SentEvent {
  return {
    stream,
    id,
    name: type,
    time: Date.parse(standard.occurred_at),
    identifiers: member,
    properties: { ...properties, ...standard },
  }
}
