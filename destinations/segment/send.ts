import type { Receipt } from '../define.ts'
import type { EventBatch } from '../define-events.ts'
import { batchBodies } from './batch-bodies.ts'
import { sendBody } from './calls.ts'
import type { SegmentConnection, SegmentSync } from './connection.ts'

/** Tells of joins or leaves. 200 is all that is ever said, also of what is dropped later; a repeat is known by its ids. */
export async function send(connection: SegmentConnection, batch: EventBatch<SegmentSync>): Promise<Receipt> {
  const { bodies, rejected } = batchBodies(batch)
  for (const body of bodies) await sendBody(connection, body)
  return { state: 'accepted', final: true, received: batch.events.length - rejected.size, rejected }
}
