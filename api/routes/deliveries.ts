import { z } from '@hono/zod-openapi'
import {
  approveLeaves,
  type BatchRow,
  listBatches,
  memberReasons,
  platformReasons,
  requestCancel,
} from '../../db/queries/delivery.ts'
import { finishDelivery } from '../../db/queries/finish.ts'
import { findDelivery } from '../../db/queries/run.ts'
import { delivery, presentDelivery } from '../delivery-shape.ts'
import type { Deps } from '../deps.ts'
import { hintSync } from '../hint.ts'
import { iso, isoOrNull, moment, standingProblem } from '../present.ts'
import { conflict, notFound, unusable } from '../problem.ts'
import { answers, byId, route, router, takes } from '../router.ts'

const batch = z
  .object({
    number: z.number(),
    phase: z.enum(['join', 'leave', 'update_remove', 'update_add']),
    operation: z.enum(['add', 'remove']),
    members: z.number(),
    state: z.enum(['prepared', 'sending', 'accepted', 'confirmed', 'rejected', 'unconfirmed', 'split', 'dropped']),
    attempts: z.number(),
    receipt: z
      .object({
        reference: z.string().nullable().openapi({ description: "The platform's name of it, such as a session id" }),
        received: z.number().nullable(),
        refused: z.number().nullable(),
        matched: z.number().nullable(),
        reasons: z.record(z.string(), z.number()).nullable(),
        notes: z
          .record(z.string(), z.union([z.string(), z.number()]))
          .nullable()
          .openapi({
            description: 'What the platform said beside its counts, such as a range of the match rate',
          }),
      })
      .nullable(),
    problem: standingProblem.nullable(),
    createdAt: moment,
    sentAt: moment.nullable(),
    answeredAt: moment.nullable(),
    finalAt: moment.nullable(),
  })
  .openapi('Batch')

const reason = z.object({
  reason: z.string(),
  members: z.number(),
  by: z.enum(['platform', 'unusable', 'rejected']).openapi({
    description: '`platform`: counted by it without names; else by our own ledger',
  }),
})

const tags = ['Deliveries']
const request = { params: byId }

const read = route('viewer', {
  method: 'get',
  path: '/v1/deliveries/{id}',
  tags,
  summary: 'One delivery: batches with receipts, reasons ranked',
  request: {
    ...request,
    query: z.object({
      after: z.coerce.number().int().min(0).default(0).openapi({ description: '`batches.next` of the page before' }),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
  },
  responses: {
    200: answers(
      delivery.extend({
        reasons: z.array(reason).openapi({ description: 'Why members are not there, most frequent first' }),
        batches: z.object({ items: z.array(batch), next: z.string().nullable() }),
      }),
      'The delivery',
    ),
  },
})
const approve = route('operator', {
  method: 'post',
  path: '/v1/deliveries/{id}/approve',
  tags,
  summary: 'Let held leaves go out',
  request: { ...request, body: takes(z.strictObject({ leaves: z.number().int().min(1) })) },
  responses: { 202: answers(delivery, 'The delivery, approved') },
})
const discard = route('operator', {
  method: 'post',
  path: '/v1/deliveries/{id}/discard',
  tags,
  summary: 'Drop held leaves',
  request,
  responses: { 202: answers(delivery, 'The delivery, discarded') },
})
const cancel = route('operator', {
  method: 'post',
  path: '/v1/deliveries/{id}/cancel',
  tags,
  summary: 'Stop after the batch in hand',
  request,
  responses: { 202: answers(delivery, 'The delivery, which stops') },
})

export const deliveryRoutes = (deps: Deps) => {
  const { db } = deps
  return router()
    .openapi(read, async (c) => {
      const { after, limit } = c.req.valid('query')
      const found = await mustFind(deps, c.req.valid('param').id)
      const rows = await listBatches(db.orm, found.delivery.id, { after, limit })
      const last = rows.length > limit ? rows[limit - 1] : undefined
      return c.json(
        {
          ...presentDelivery(found),
          reasons: await reasonsOf(deps, found),
          batches: { items: rows.slice(0, limit).map(presentBatch), next: last ? String(last.number) : null },
        },
        200,
      )
    })
    .openapi(approve, async (c) => {
      const { leaves } = c.req.valid('json')
      const { delivery: row } = await mustFind(deps, c.req.valid('param').id)
      refuseUnlessHeld(row.status)
      if (!(await approveLeaves(db.orm, row.id, leaves))) throw await otherNumber(deps, row.id, leaves)
      await hintSync(deps, row.syncId, 'approve', leaves)
      return c.json(presentDelivery(await mustFind(deps, row.id)), 202)
    })
    .openapi(discard, async (c) => {
      const { delivery: row } = await mustFind(deps, c.req.valid('param').id)
      refuseUnlessHeld(row.status)
      const ended = await finishDelivery(db.sql, row.id, { status: 'discarded', retry: false, onlyHeld: true })
      if (!ended) refuseUnlessHeld((await mustFind(deps, row.id)).delivery.status)
      await hintSync(deps, row.syncId, 'discard')
      return c.json(presentDelivery(await mustFind(deps, row.id)), 202)
    })
    .openapi(cancel, async (c) => {
      const { delivery: row } = await mustFind(deps, c.req.valid('param').id)
      if (!(await requestCancel(db.orm, row.id)))
        throw conflict('ended', `The delivery has ended: it is ${row.status}.`, 'Nothing to do.')
      await hintSync(deps, row.syncId, 'cancel')
      return c.json(presentDelivery(await mustFind(deps, row.id)), 202)
    })
}

type Found = NonNullable<Awaited<ReturnType<typeof findDelivery>>>

async function mustFind({ db }: Deps, id: string): Promise<Found> {
  const found = await findDelivery(db.orm, id)
  if (!found) throw notFound('delivery')
  return found
}

function refuseUnlessHeld(status: string): void {
  if (status === 'held') return
  throw conflict('not_held', `The delivery is ${status}: none of its leaves wait for a person.`, 'Nothing to do.')
}

async function otherNumber(deps: Deps, id: string, leaves: number) {
  const { delivery: row } = await mustFind(deps, id)
  refuseUnlessHeld(row.status)
  const { held } = row.counts
  return held === leaves
    ? unusable('changed_meanwhile', 'The delivery changed at the same moment.', 'Look at it, then decide again.')
    : conflict(
        'other_number',
        `${held} leaves are held, not ${leaves}.`,
        `Look at the delivery; to let them go, approve {"leaves": ${held}}.`,
        { held },
      )
}

async function reasonsOf({ db }: Deps, { delivery: row, syncNo }: Found) {
  const told = await platformReasons(db.orm, row.id)
  const ours =
    row.counts.unusable + row.counts.rejected > 0 ? await memberReasons(db.orm, { syncNo, since: row.startedAt }) : []
  // whom the platform named stands in our ledger with the same words, and is told once
  const named = new Map(ours.map(({ state, reason, members }) => [`${state} ${reason}`, members]))
  const unnamed = told.map(({ reason, members }) => ({
    reason,
    members: members - (named.get(`rejected ${reason}`) ?? 0),
  }))
  return [
    ...unnamed.filter(({ members }) => members > 0).map((each) => ({ ...each, by: 'platform' as const })),
    ...ours.map(({ state, ...each }) => ({
      ...each,
      by: state === 'unusable' ? ('unusable' as const) : ('rejected' as const),
    })),
  ].sort((a, b) => b.members - a.members)
}

const presentBatch = (row: BatchRow) => ({
  number: row.number,
  phase: row.phase,
  operation: row.operation,
  members: row.rows,
  state: row.state,
  attempts: row.attempts,
  receipt:
    row.answeredAt === null
      ? null
      : {
          reference: row.reference,
          received: row.received,
          refused: row.refused,
          matched: row.matched,
          reasons: row.reasons,
          notes: row.notes,
        },
  problem: row.problem,
  createdAt: iso(row.createdAt),
  sentAt: isoOrNull(row.sentAt),
  answeredAt: isoOrNull(row.answeredAt),
  finalAt: isoOrNull(row.finalAt),
})
