import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { at, createdAt, id, type Problem } from './columns.ts'
import { run } from './run.ts'
import { sync } from './sync.ts'

/** Members by what was planned for them and what became of it. A member counts once among the planned. */
export type Counts = {
  joined: number
  left: number
  updated: number
  again: number
  unusable: number
  retained: number
  forgotten: number
  /** Counted as announced, though nothing was sent. */
  baseline: number
  waiting: number
  held: number
  accepted: number
  confirmed: number
  rejected: number
}

export type Wish = 'resync' | 'retry_rejected' | 'recheck' | 'baseline'

/** `open` while a workflow works on it: planned, hashing, uploading, held. Ended: the rest. */
export const openStates = ['planned', 'hashing', 'uploading', 'held'] as const

export const delivery = pgTable(
  'delivery',
  {
    id: id(),
    runId: uuid()
      .notNull()
      .references(() => run.id, { onDelete: 'cascade' }),
    syncId: uuid()
      .notNull()
      .references(() => sync.id, { onDelete: 'cascade' }),
    goal: text({ enum: ['match', 'empty'] }).notNull(),
    status: text({
      enum: [...openStates, 'uploaded', 'settled', 'superseded', 'discarded', 'cancelled', 'failed'],
    }).notNull(),
    /** The sync's settings that this delivery is for. */
    syncVersion: integer().notNull(),
    counts: jsonb().$type<Counts>().notNull(),
    /** `plan_<no>`, an unlogged table, and its rows: fewer found there means that it vanished. */
    planNo: bigint({ mode: 'number' }).notNull().unique(),
    plannedRows: bigint({ mode: 'number' }).notNull(),
    hashedTo: bigint({ mode: 'number' }).notNull().default(0),
    /** Size of the ledger before, which the brake compares with. */
    heldBefore: bigint({ mode: 'number' }).notNull(),
    /** Set when a person approved so many leaves. */
    approvedLeaves: bigint({ mode: 'number' }),
    /** What is held is known by this digest: the same leavers keep the same held delivery. */
    heldDigest: text(),
    /** The fencing number of the attempt that may send, and until when it may. */
    leaseNo: bigint({ mode: 'number' }).notNull().default(0),
    leaseUntil: at(),
    cancelRequested: boolean().notNull().default(false),
    /** What it waits for and until when, in ISO time: a quota, a platform that asked for patience. */
    waiting: jsonb().$type<{ for: string; until: string }>(),
    /** One-time wishes of the sync that this delivery does. They go back to the sync when it ends before they are done. */
    wishes: text().array().$type<Wish[]>().notNull().default([]),
    problem: jsonb().$type<Problem>(),
    startedAt: createdAt(),
    uploadedAt: at(),
    settledAt: at(),
  },
  (t) => [
    // one open delivery per sync
    uniqueIndex('delivery_one_open')
      .on(t.syncId)
      .where(sql`${t.status} in ('planned', 'hashing', 'uploading', 'held')`),
    // one delivery per sync and run: a repeated diff finds it
    uniqueIndex('delivery_run').on(t.runId, t.syncId),
    // a sync's deliveries, newest first
    index('delivery_sync').on(t.syncId, t.startedAt),
  ],
)
