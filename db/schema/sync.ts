import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, jsonb, pgTable, serial, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { audience } from './audience.ts'
import { at, createdAt, id, type Problem } from './columns.ts'
import { destination } from './destination.ts'

/** A list that a sync fills, or is to fill. */
export type SyncList = {
  readonly id: string
  readonly name: string
  readonly created: boolean
  readonly accepts: string[] | null
  readonly forgetsAfterMs: number | null
}

/** An audience at a platform that its events fill. */
export type MadeAudience = {
  readonly id: string
  readonly name: string
  readonly facts: Record<string, string | number | null>
}

export const sync = pgTable(
  'sync',
  {
    id: id(),
    /** Short number of the sync: the partition of the ledger. */
    no: serial().notNull().unique(),
    audienceId: uuid()
      .notNull()
      .references(() => audience.id),
    destinationId: uuid()
      .notNull()
      .references(() => destination.id),
    mode: text({ enum: ['list', 'event'] }).notNull(),
    /** `mirror` removes who left; `add_only` never removes. */
    keeping: text({ enum: ['mirror', 'add_only'] })
      .notNull()
      .default('mirror'),
    /** The destination's account, copied, so that (account, list) can be unique. */
    account: text().notNull(),
    /** Of an event sync its own id: its events are a stream of their own, which nobody else fills. */
    listId: text(),
    /** Of an event sync the audience's name when it was made, by which it is known at the platform. */
    listName: text(),
    /** Set before a list is created at the platform, so that an interrupted creation is found again. */
    listWanted: text(),
    listCreated: boolean().notNull().default(false),
    /** The identifiers that its list takes; null where it takes all of the platform's. */
    listAccepts: jsonb().$type<string[]>(),
    /** How long after it was last added a member falls out of its list by itself; null where none does. */
    listForgetsAfterMs: bigint({ mode: 'number' }),
    /** Of an event sync: the audience at the platform that was made for its events. */
    madeAudience: jsonb().$type<MadeAudience>(),
    /** What is done when the platform says that the list was deleted: wait for a person, or make it again. */
    whenListGone: text({ enum: ['ask', 'recreate'] })
      .notNull()
      .default('ask'),
    /** Since when the platform has said that the list was deleted; null while it is there or only not seen. */
    listDeletedAt: at(),
    /** When the list was last seen at the platform, and when it is looked for next; null: a day after the sync was made. */
    listCheckedAt: at(),
    listCheckAt: at(),
    /** Platform identifier to audience field; with `properties.` before it, the name of an event's property. */
    mapping: jsonb().$type<Record<string, string>>().notNull().default({}),
    /** What the platform lets each sync set for itself. */
    settings: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    enabled: boolean().notNull().default(false),
    /** Raised with each change of settings: a delivery pins it and stops when it moves on. */
    version: integer().notNull().default(1),
    /** `empty`: remove everybody, then do `afterEmpty`. */
    intent: text({ enum: ['match', 'empty'] })
      .notNull()
      .default('match'),
    afterEmpty: text({ enum: ['move', 'delete', 'rest'] }),
    nextList: jsonb().$type<SyncList>(),
    /** One-time wishes that the next diff honours. */
    resync: boolean().notNull().default(false),
    retryRejected: boolean().notNull().default(false),
    /** Whether `retained` members must be judged again although nobody left. */
    recheck: boolean().notNull().default(false),
    /** Whoever is in at the next diff counts as announced: an event sync that tells only changes from now on. */
    baseline: boolean().notNull().default(false),
    /** A run passed it by while its delivery was busy: caught up when that ends. */
    missed: boolean().notNull().default(false),
    retryAt: at(),
    retryStep: integer().notNull().default(0),
    problem: jsonb().$type<Problem>(),
    /** Into how many partitions by member key this sync's ledger is split. */
    ledgerParts: integer().notNull().default(1),
    lastDeliveredAt: at(),
    deletedAt: at(),
    createdAt: createdAt(),
    updatedAt: createdAt(),
  },
  (t) => [
    // one mirror per list
    uniqueIndex('sync_one_mirror')
      .on(t.account, t.listId)
      .where(sql`${t.keeping} = 'mirror' and ${t.deletedAt} is null and ${t.listId} is not null`),
    // an audience's syncs
    index('sync_audience').on(t.audienceId),
    // syncs that wait for a retry run
    index('sync_retry').on(t.retryAt).where(sql`${t.retryAt} is not null`),
  ],
)
