import { bigint, index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { batch } from './batch.ts'
import { bytea } from './columns.ts'
import { delivery } from './delivery.ts'

/**
 * What a delivery has prepared but the ledger cannot hold yet: the new identifiers of an update, which come after the
 * old ones are gone, and leaves that wait for a person. It goes when its batch has an answer.
 */
export const change = pgTable(
  'change',
  {
    deliveryId: uuid()
      .notNull()
      .references(() => delivery.id, { onDelete: 'cascade' }),
    memberKey: uuid().notNull(),
    kind: text({ enum: ['update', 'describe', 'leave', 'became_unusable'] }).notNull(),
    fingerprint: bigint({ mode: 'bigint' }),
    identifiers: bytea(),
    strong: bigint({ mode: 'bigint' }).array(),
    /** Sealed: plain values that name a person. */
    plain: bytea(),
    /** Members of different groups never share a batch. */
    grouping: integer().notNull().default(0),
    reason: text(),
    batchId: bigint({ mode: 'number' }).references(() => batch.id),
  },
  (t) => [
    primaryKey({ columns: [t.deliveryId, t.memberKey] }),
    // the members of an update's second batch
    index('change_batch').on(t.batchId),
  ],
)
