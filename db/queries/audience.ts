import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import { audience } from '../schema/audience.ts'
import { run } from '../schema/run.ts'
import { sync } from '../schema/sync.ts'
import { forgetSyncs } from './forget-sync.ts'
import type { OrmRunner } from './orm-runner.ts'
import { beyond, newestFirst, type Page } from './page.ts'

export type AudienceRow = typeof audience.$inferSelect
type Changeable = Pick<
  AudienceRow,
  | 'name'
  | 'sourceId'
  | 'query'
  | 'tableName'
  | 'memberId'
  | 'refreshIntervalMs'
  | 'defaultCountry'
  | 'brakePercent'
  | 'brakeMinimum'
  | 'fields'
>

export async function createAudience(
  orm: OrmRunner,
  values: Partial<Changeable> & Pick<AudienceRow, 'name' | 'kind' | 'memberId'>,
): Promise<AudienceRow> {
  const [row] = await orm.insert(audience).values(values).returning()
  if (!row) throw new Error('The database answered the insert of an audience without a row.')
  return row
}

export async function findAudience(orm: OrmRunner, id: string): Promise<AudienceRow | undefined> {
  const [row] = await orm.select().from(audience).where(eq(audience.id, id))
  return row
}

export type AudienceFilter = {
  readonly status?: AudienceRow['status'] | undefined
  readonly kind?: AudienceRow['kind'] | undefined
  /** Part of the name, in whatever case. */
  readonly search?: string | undefined
}

export function listAudiences(
  orm: OrmRunner,
  { after, limit, status, kind, search }: Page & AudienceFilter,
): Promise<AudienceRow[]> {
  return orm
    .select()
    .from(audience)
    .where(
      and(
        status && eq(audience.status, status),
        kind && eq(audience.kind, kind),
        search ? sql`position(lower(${search}::text) in lower(${audience.name})) > 0` : undefined,
        beyond(audience.createdAt, audience.id, after),
      ),
    )
    .orderBy(...newestFirst(audience.createdAt, audience.id))
    .limit(limit + 1)
}

export async function updateAudience(
  orm: OrmRunner,
  id: string,
  values: Partial<Changeable>,
): Promise<AudienceRow | undefined> {
  const [row] = await orm
    .update(audience)
    .set({ ...values, updatedAt: sql`now()` })
    .where(eq(audience.id, id))
    .returning()
  return row
}

/** Raises the version of an audience's syncs, so that deliveries of the settings before stop. */
export async function raiseSyncVersions(orm: OrmRunner, audienceId: string): Promise<void> {
  await orm
    .update(sync)
    .set({ version: sql`${sync.version} + 1`, updatedAt: sql`now()` })
    .where(and(eq(sync.audienceId, audienceId), isNull(sync.deletedAt)))
}

/** Moves an audience between states. Returns nothing when it is in none of `from` any more. */
export async function moveAudience(
  orm: OrmRunner,
  id: string,
  from: readonly AudienceRow['status'][],
  to: Partial<Pick<AudienceRow, 'status' | 'paused' | 'archiveMembers' | 'problem'>>,
): Promise<AudienceRow | undefined> {
  const [row] = await orm
    .update(audience)
    .set({ ...to, updatedAt: sql`now()` })
    .where(and(eq(audience.id, id), inArray(audience.status, [...from])))
    .returning()
  return row
}

/** Archiving with removal: every live sync of the audience is to be emptied, also those that are off. */
export async function emptySyncsOfAudience(orm: OrmRunner, audienceId: string): Promise<void> {
  await orm
    .update(sync)
    .set({
      intent: 'empty',
      afterEmpty: sql`coalesce(${sync.afterEmpty}, 'rest')`,
      version: sql`${sync.version} + 1`,
      updatedAt: sql`now()`,
    })
    .where(and(eq(sync.audienceId, audienceId), isNull(sync.deletedAt)))
}

/** An audience that comes back from the archive fills its lists again. */
export async function refillSyncsOfAudience(orm: OrmRunner, audienceId: string): Promise<void> {
  await orm
    .update(sync)
    .set({ intent: 'match', afterEmpty: null, version: sql`${sync.version} + 1`, updatedAt: sql`now()` })
    .where(
      and(
        eq(sync.audienceId, audienceId),
        isNull(sync.deletedAt),
        eq(sync.intent, 'empty'),
        eq(sync.afterEmpty, 'rest'),
      ),
    )
}

/** Deletes an audience that is not at work, with its syncs, runs and members. */
export function deleteAudience(
  orm: Extract<OrmRunner, { transaction: unknown }>,
  id: string,
): Promise<AudienceRow['status'] | 'deleted' | undefined> {
  return orm.transaction(async (tx) => {
    const [row] = await tx.select().from(audience).where(eq(audience.id, id)).for('update')
    if (!row) return undefined
    if (row.status !== 'draft' && row.status !== 'archived') return row.status
    await forgetSyncs(tx, eq(sync.audienceId, id))
    await tx.delete(audience).where(eq(audience.id, id))
    return 'deleted'
  })
}

/** Runs that took a snapshot, newest first, with what the sync that saw most of it counted. */
export function listSizes(orm: OrmRunner, audienceId: string, { after, limit }: Page) {
  const most = (count: 'joined' | 'left') =>
    sql<number>`coalesce((select max((d.counts ->> ${count}::text)::bigint) from delivery d where d.run_id = run.id), 0)::float8`
  return orm
    .select({
      id: run.id,
      requestedAt: run.requestedAt,
      startedAt: run.startedAt,
      size: run.size,
      joined: most('joined'),
      left: most('left'),
    })
    .from(run)
    .where(and(eq(run.audienceId, audienceId), sql`${run.size} is not null`, beyond(run.requestedAt, run.id, after)))
    .orderBy(...newestFirst(run.requestedAt, run.id))
    .limit(limit + 1)
}
