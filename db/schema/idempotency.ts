import { integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { apiKey } from './api-key.ts'
import { createdAt } from './columns.ts'

/** The answer to a write that carried an `Idempotency-Key`, given again when it is repeated. Kept for a day. */
export const idempotency = pgTable(
  'idempotency',
  {
    apiKeyId: uuid()
      .notNull()
      .references(() => apiKey.id, { onDelete: 'cascade' }),
    key: text().notNull(),
    /** SHA-256 of method, path and body: another request under the same key is refused. */
    request: text().notNull(),
    /** Null while the first request is still being worked on. */
    status: integer(),
    body: jsonb(),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.apiKeyId, t.key] })],
)
