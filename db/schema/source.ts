import { pgTable, text } from 'drizzle-orm/pg-core'
import { bytea, createdAt, id } from './columns.ts'

export const source = pgTable('source', {
  id: id(),
  name: text().notNull(),
  kind: text({ enum: ['postgres'] }).notNull(),
  /** Sealed JSON: `{ url }` of a Postgres source. */
  credentials: bytea().notNull(),
  createdAt: createdAt(),
  updatedAt: createdAt(),
})
