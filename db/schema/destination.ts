import { boolean, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { at, bytea, createdAt, id, type Problem } from './columns.ts'

export const destination = pgTable('destination', {
  id: id(),
  name: text().notNull(),
  platform: text().notNull(),
  settings: jsonb().$type<Record<string, unknown>>().notNull(),
  /** Sealed JSON of the platform's credentials. */
  credentials: bytea().notNull(),
  sandbox: boolean().notNull().default(false),
  /** The account at the platform: with a list's id it names that list in the world. */
  account: text().notNull(),
  /** `needs_attention`: a person must act; its syncs send nothing until it is reconnected. */
  status: text({ enum: ['connected', 'needs_attention'] })
    .notNull()
    .default('connected'),
  problem: jsonb().$type<Problem>(),
  checkedAt: at(),
  /** When people were last warned that its API version ends. */
  sunsetToldAt: at(),
  createdAt: createdAt(),
  updatedAt: createdAt(),
})
