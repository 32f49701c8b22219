import { z } from '@hono/zod-openapi'
import type { AudienceRow } from '../db/queries/audience.ts'
import { syncsOfAudiences, trendsOf } from '../db/queries/audience-summary.ts'
import { lastDeliveries } from '../db/queries/last-delivery.ts'
import { audience, presentAudience } from './audience-shape.ts'
import type { Deps } from './deps.ts'
import { id, isoOrNull, moment } from './present.ts'
import { standing, standingOf } from './sync-standing.ts'

export const audienceSummary = audience
  .extend({
    refreshedAt: moment.nullable().openapi({ description: 'When its members were read last' }),
    sizes: z.array(z.number()).openapi({ description: 'Sizes of its last runs, oldest first' }),
    syncs: z.array(z.object({ id, destination: z.object({ id, name: z.string(), platform: z.string() }), standing })),
  })
  .openapi('AudienceSummary')

/** How to present each of these audiences, with what a row of a table wants to know beside the audience itself. */
export async function summarise({ db }: Pick<Deps, 'db'>, rows: readonly AudienceRow[]) {
  const ids = rows.map((row) => row.id)
  const [trends, syncs] = await Promise.all([trendsOf(db.orm, ids), syncsOfAudiences(db.orm, ids)])
  const last = await lastDeliveries(
    db.orm,
    syncs.map((sync) => sync.id),
  )
  return (row: AudienceRow) => {
    const trend = trends.get(row.id)
    return {
      ...presentAudience(row),
      refreshedAt: isoOrNull(trend?.refreshedAt ?? null),
      sizes: trend?.sizes ?? [],
      syncs: syncs
        .filter((sync) => sync.audienceId === row.id)
        .map((sync) => {
          const { id, name, platform } = sync.destination
          return { id: sync.id, destination: { id, name, platform }, standing: standingOf(sync, last.get(sync.id)) }
        }),
    }
  }
}
