import { z } from '@hono/zod-openapi'
import type { AudienceRow } from '../db/queries/audience.ts'
import { findAudience } from '../db/queries/audience.ts'
import type { Selection } from '../sources/define.ts'
import type { Deps } from './deps.ts'
import { formatInterval } from './interval.ts'
import { id, iso, isoOrNull, moment, standingProblem } from './present.ts'
import { conflict, notFound } from './problem.ts'

export const audience = z
  .object({
    id,
    name: z.string(),
    kind: z.enum(['dynamic', 'static']),
    status: z.enum(['draft', 'active', 'archiving', 'archived']),
    paused: z.boolean(),
    source: z
      .object({ id, query: z.string().optional(), table: z.string().optional(), memberId: z.string() })
      .nullable(),
    memberId: z.string().openapi({ description: 'The field that names a member: unique, never empty' }),
    refreshInterval: z.string().nullable().openapi({ example: '1d' }),
    defaultCountry: z.string().nullable().openapi({ example: 'US' }),
    fields: z.array(z.string()),
    brake: z.object({ percent: z.number(), minimum: z.number() }).openapi({
      description: 'Leaves wait for a person when they are more than this share and more than this number',
    }),
    size: z.number().nullable(),
    nextRefreshAt: moment.nullable(),
    retryAt: moment.nullable().openapi({ description: 'When a source that was away is read again' }),
    problem: standingProblem.nullable(),
    createdAt: moment,
    updatedAt: moment,
  })
  .openapi('Audience')

export const presentAudience = (row: AudienceRow) => ({
  id: row.id,
  name: row.name,
  kind: row.kind,
  status: row.status,
  paused: row.paused,
  source: row.sourceId
    ? {
        id: row.sourceId,
        ...(row.query !== null && { query: row.query }),
        ...(row.tableName !== null && { table: row.tableName }),
        memberId: row.memberId,
      }
    : null,
  memberId: row.memberId,
  refreshInterval: row.refreshIntervalMs === null ? null : formatInterval(row.refreshIntervalMs),
  defaultCountry: row.defaultCountry,
  fields: row.fields,
  brake: { percent: row.brakePercent, minimum: row.brakeMinimum },
  size: row.size,
  nextRefreshAt: isoOrNull(row.nextRefreshAt),
  retryAt: isoOrNull(row.retryAt),
  problem: row.problem,
  createdAt: iso(row.createdAt),
  updatedAt: iso(row.updatedAt),
})

export async function mustFindAudience({ db }: Pick<Deps, 'db'>, id: string): Promise<AudienceRow> {
  const row = await findAudience(db.orm, id)
  if (!row) throw notFound('audience')
  return row
}

/** What a dynamic audience reads. */
export function selectionOf(row: AudienceRow): Selection {
  if (row.query !== null) return { query: row.query }
  if (row.tableName !== null) return { table: row.tableName }
  throw conflict('no_source', 'This audience reads nothing yet.', 'Give it a source with a query or a table.')
}
