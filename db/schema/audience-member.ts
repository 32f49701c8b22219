import { bigint, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core'
import { audience } from './audience.ts'
import { bytea } from './columns.ts'

/** The pushed list of a static audience; `row` is sealed JSON: field to text. */
export const audienceMember = pgTable(
  'audience_member',
  {
    audienceId: uuid()
      .notNull()
      .references(() => audience.id, { onDelete: 'cascade' }),
    loadNo: bigint({ mode: 'number' }).notNull(),
    memberKey: uuid().notNull(),
    row: bytea().notNull(),
  },
  (t) => [primaryKey({ columns: [t.audienceId, t.loadNo, t.memberKey] })],
)
