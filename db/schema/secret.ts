import { pgTable, text } from 'drizzle-orm/pg-core'
import { bytea, createdAt } from './columns.ts'

/** Secrets that the deployment made for itself, sealed: the key of member keys, which is never rotated. */
export const secret = pgTable('secret', {
  name: text().primaryKey(),
  sealed: bytea().notNull(),
  createdAt: createdAt(),
})
