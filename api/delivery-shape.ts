import { z } from '@hono/zod-openapi'
import type { DeliveryOfRun } from '../db/queries/run.ts'
import { id, iso, isoOrNull, moment, standingProblem } from './present.ts'

const count = z.number()
const counts = z
  .object({
    joined: count,
    left: count,
    updated: count,
    again: count.openapi({ description: 'Sent again, because the outcome before was not known or not final' }),
    unusable: count,
    retained: count.openapi({ description: 'Left, but share an identifier with a member who stays' }),
    forgotten: count,
    baseline: count.openapi({ description: 'Taken for announced: an event sync that tells only changes from now on' }),
    waiting: count.openapi({ description: 'Wait for the receipt of the change before' }),
    held: count.openapi({ description: 'Leaves that wait for a person' }),
    accepted: count,
    confirmed: count,
    rejected: count,
  })
  .openapi('Counts')

export const delivery = z
  .object({
    id,
    runId: id,
    syncId: id,
    destination: z.object({ id, name: z.string(), platform: z.string() }),
    mode: z.enum(['list', 'event']),
    list: z.string().nullable(),
    goal: z.enum(['match', 'empty']),
    status: z.enum([
      'planned',
      'hashing',
      'uploading',
      'held',
      'uploaded',
      'settled',
      'superseded',
      'discarded',
      'cancelled',
      'failed',
    ]),
    counts,
    approvedLeaves: z.number().nullable(),
    waiting: z
      .object({ for: z.string(), until: moment })
      .nullable()
      .openapi({ description: 'What it waits for now, and until when' }),
    problem: standingProblem.nullable(),
    startedAt: moment,
    uploadedAt: moment.nullable(),
    settledAt: moment.nullable(),
  })
  .openapi('Delivery')

export const presentDelivery = ({ delivery: row, destination, listName, mode }: DeliveryOfRun) => ({
  id: row.id,
  runId: row.runId,
  syncId: row.syncId,
  destination,
  mode,
  list: listName,
  goal: row.goal,
  status: row.status,
  counts: row.counts,
  approvedLeaves: row.approvedLeaves,
  waiting: row.waiting,
  problem: row.problem,
  startedAt: iso(row.startedAt),
  uploadedAt: isoOrNull(row.uploadedAt),
  settledAt: isoOrNull(row.settledAt),
})
