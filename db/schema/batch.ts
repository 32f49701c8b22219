import { sql } from 'drizzle-orm'
import { bigint, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { at, createdAt, type Problem } from './columns.ts'
import { delivery } from './delivery.ts'

/** In this order: joins first, then leaves, then updates (the old identifiers go, the new ones come). */
export const phases = ['join', 'leave', 'update_remove', 'update_add'] as const
export type Phase = (typeof phases)[number]

export const batch = pgTable(
  'batch',
  {
    /** Also the idempotency key that the platform sees. */
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    deliveryId: uuid()
      .notNull()
      .references(() => delivery.id, { onDelete: 'cascade' }),
    syncNo: integer().notNull(),
    /** Its place in the delivery, from 1. */
    number: integer().notNull(),
    phase: text({ enum: phases }).notNull(),
    operation: text({ enum: ['add', 'remove'] }).notNull(),
    listId: text().notNull(),
    rows: integer().notNull(),
    /**
     * The state of every member that carries this batch's id. `sending`: the outcome is unknown until an answer is
     * stored; `split`: its members went on to two smaller batches; `dropped`: never sent, its delivery ended before.
     */
    state: text({
      enum: ['prepared', 'sending', 'accepted', 'confirmed', 'rejected', 'unconfirmed', 'split', 'dropped'],
    })
      .notNull()
      .default('prepared'),
    attempts: integer().notNull().default(0),
    parentId: bigint({ mode: 'number' }),
    reference: text(),
    received: integer(),
    refused: integer(),
    matched: integer(),
    reasons: jsonb().$type<Record<string, number>>(),
    /** What the platform said beside its counts, label to value. */
    notes: jsonb().$type<Record<string, string | number>>(),
    problem: jsonb().$type<Problem>(),
    createdAt: createdAt(),
    sentAt: at(),
    answeredAt: at(),
    /** When settle asks the platform next. */
    askAt: at(),
    finalAt: at(),
  },
  (t) => [
    uniqueIndex('batch_number').on(t.deliveryId, t.number),
    // the diff: batches of a sync whose outcome is in doubt
    index('batch_doubt').on(t.syncNo).where(sql`${t.state} not in ('accepted', 'confirmed')`),
    // settle and housekeeping: receipts that are not final
    index('batch_open').on(t.deliveryId).where(sql`${t.finalAt} is null`),
  ],
)
