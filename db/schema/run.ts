import { sql } from 'drizzle-orm'
import { bigint, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { audience } from './audience.ts'
import { at, createdAt, id, type Problem } from './columns.ts'

/** The columns of a staged row, and for each of its fingerprints the columns that enter it. */
export type StageShape = { readonly fields: string[]; readonly sets: string[][] }

/** Who or what asked for a run. */
export type Cause = 'interval' | 'instant' | 'activation' | 'retry' | 'settings' | 'caught_up' | 'expiring' | 'archive'

export const run = pgTable(
  'run',
  {
    id: id(),
    audienceId: uuid()
      .notNull()
      .references(() => audience.id, { onDelete: 'cascade' }),
    status: text({ enum: ['requested', 'running', 'done', 'failed'] }).notNull(),
    causes: text().array().$type<Cause[]>().notNull(),
    requestedAt: createdAt(),
    startedAt: at(),
    /** When the uploads were done; `settledAt` when every receipt was final. */
    finishedAt: at(),
    settledAt: at(),
    /** The workflow's cycle that does this run, so that a retried activity finds its own run again. */
    cycle: text().unique(),
    /** The attempt at the snapshot that was chosen (`stage_<no>`, an unlogged table), with what it staged. */
    stageNo: bigint({ mode: 'number' }),
    stageRows: bigint({ mode: 'number' }),
    stageParts: integer(),
    /** The columns of a staged row and its fingerprints, in order. */
    stageShape: jsonb().$type<StageShape>(),
    size: bigint({ mode: 'number' }),
    problem: jsonb().$type<Problem>(),
  },
  (t) => [
    // one wish per audience: several instant syncs become one run
    uniqueIndex('run_one_requested').on(t.audienceId).where(sql`${t.status} = 'requested'`),
    // an audience's runs, newest first; retention
    index('run_audience').on(t.audienceId, t.requestedAt),
    // housekeeping: runs that should have ended
    index('run_open').on(t.startedAt).where(sql`${t.status} = 'running'`),
  ],
)
