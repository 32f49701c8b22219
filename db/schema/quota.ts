import { doublePrecision, pgTable, text } from 'drizzle-orm/pg-core'
import { at } from './columns.ts'

/** A token bucket shared by all workers: `tokens` as they were at `filledAt`. */
export const quota = pgTable('quota', {
  key: text().primaryKey(),
  tokens: doublePrecision().notNull(),
  filledAt: at().notNull().defaultNow(),
  /** The platform said to wait until then. */
  blockedUntil: at(),
  /** How full the platform says it is, 0 to 100. */
  percent: doublePrecision(),
})
