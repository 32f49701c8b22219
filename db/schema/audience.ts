import { bigint, boolean, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { at, createdAt, id, type Problem } from './columns.ts'
import { source } from './source.ts'

export const audience = pgTable(
  'audience',
  {
    id: id(),
    name: text().notNull(),
    kind: text({ enum: ['dynamic', 'static'] }).notNull(),
    status: text({ enum: ['draft', 'active', 'archiving', 'archived'] })
      .notNull()
      .default('draft'),
    paused: boolean().notNull().default(false),
    /** A dynamic audience reads `query`, or else the table or view `tableName`, of this source. */
    sourceId: uuid().references(() => source.id),
    query: text(),
    tableName: text(),
    /** The field that names a member: unique, never null. */
    memberId: text().notNull(),
    refreshIntervalMs: bigint({ mode: 'number' }),
    /** ISO alpha-2: the country of phone numbers that show none. */
    defaultCountry: text(),
    fields: jsonb().$type<string[]>().notNull().default([]),
    /** Leaves wait for a person when they are more than this share and more than this number. */
    brakePercent: integer().notNull().default(30),
    brakeMinimum: integer().notNull().default(100),
    /** What happens to the members of its lists when it is archived. */
    archiveMembers: text({ enum: ['keep', 'remove'] }),
    /** Of a static audience: which load of `audience_member` is the current one. */
    loadNo: bigint({ mode: 'number' }).notNull().default(0),
    size: bigint({ mode: 'number' }),
    nextRefreshAt: at(),
    /** When a source that was away is read again, and how often in a row that has been put off. */
    retryAt: at(),
    retryStep: integer().notNull().default(0),
    problem: jsonb().$type<Problem>(),
    createdAt: createdAt(),
    updatedAt: createdAt(),
  },
  (t) => [
    // housekeeping: audiences that should have a workflow
    index('audience_status').on(t.status),
  ],
)
