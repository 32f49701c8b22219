import { pgTable, text } from 'drizzle-orm/pg-core'
import { at, createdAt, id } from './columns.ts'

export const roles = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof roles)[number]

export const apiKey = pgTable('api_key', {
  id: id(),
  name: text().notNull(),
  role: text({ enum: roles }).notNull(),
  /** SHA-256 of the key, in hex; the key itself is shown once and not kept. */
  hash: text().notNull().unique(),
  /** Its first characters, to recognise it by. */
  hint: text().notNull(),
  createdAt: createdAt(),
  lastUsedAt: at(),
  revokedAt: at(),
})
