import { and, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm'
import { audience } from '../schema/audience.ts'
import type { Problem } from '../schema/columns.ts'
import { destination } from '../schema/destination.ts'
import { quota } from '../schema/quota.ts'
import { sync } from '../schema/sync.ts'
import { forgetSyncs } from './forget-sync.ts'
import type { OrmRunner } from './orm-runner.ts'
import { beyond, newestFirst, type Page } from './page.ts'

export type DestinationRow = typeof destination.$inferSelect
type Values = Pick<DestinationRow, 'name' | 'platform' | 'settings' | 'credentials' | 'sandbox' | 'account'>

export async function createDestination(orm: OrmRunner, values: Values): Promise<DestinationRow> {
  const [row] = await orm
    .insert(destination)
    .values({ ...values, checkedAt: sql`now()` })
    .returning()
  if (!row) throw new Error('The database answered the insert of a destination without a row.')
  return row
}

export async function findDestination(orm: OrmRunner, id: string): Promise<DestinationRow | undefined> {
  const [row] = await orm.select().from(destination).where(eq(destination.id, id))
  return row
}

export function listDestinations(orm: OrmRunner, { after, limit }: Page): Promise<DestinationRow[]> {
  return orm
    .select()
    .from(destination)
    .where(beyond(destination.createdAt, destination.id, after))
    .orderBy(...newestFirst(destination.createdAt, destination.id))
    .limit(limit + 1)
}

export async function updateDestination(
  orm: OrmRunner,
  id: string,
  values: Partial<Pick<DestinationRow, 'name' | 'settings' | 'credentials' | 'account'>>,
): Promise<DestinationRow | undefined> {
  const [row] = await orm
    .update(destination)
    .set({ ...values, updatedAt: sql`now()` })
    .where(eq(destination.id, id))
    .returning()
  return row
}

/** Stores what a check found: with a problem a person must act, without one its syncs go on. */
export async function storeVerdict(
  orm: OrmRunner,
  id: string,
  problem: Problem | null,
): Promise<DestinationRow | undefined> {
  const [row] = await orm
    .update(destination)
    .set({ problem, status: problem ? 'needs_attention' : 'connected', checkedAt: sql`now()` })
    .where(eq(destination.id, id))
    .returning()
  return row
}

/** Live syncs of a destination, with the audience of each. */
export function syncsOfDestination(orm: OrmRunner, destinationId: string) {
  return orm
    .select({
      id: sync.id,
      listId: sync.listId,
      listName: sync.listName,
      sends: sql<boolean>`${sync.enabled} or ${sync.intent} = 'empty'`,
      audience: { id: audience.id, name: audience.name, status: audience.status },
    })
    .from(sync)
    .innerJoin(audience, eq(audience.id, sync.audienceId))
    .where(and(eq(sync.destinationId, destinationId), isNull(sync.deletedAt)))
    .orderBy(audience.name)
}

/** Deletes a destination without syncs; what is left of deleted syncs goes with it. Returns the audiences that use it. */
export function deleteDestination(
  orm: Extract<OrmRunner, { transaction: unknown }>,
  id: string,
): Promise<{ found: boolean; users: string[] }> {
  return orm.transaction(async (tx) => {
    const [row] = await tx.select({ id: destination.id }).from(destination).where(eq(destination.id, id)).for('update')
    if (!row) return { found: false, users: [] }
    const users = (await syncsOfDestination(tx, id)).map((each) => each.audience.name)
    if (users.length > 0) return { found: true, users }
    await forgetSyncs(tx, and(eq(sync.destinationId, id), isNotNull(sync.deletedAt)))
    await tx.delete(destination).where(eq(destination.id, id))
    return { found: true, users: [] }
  })
}

export function readQuotas(orm: OrmRunner, keys: readonly string[]): Promise<(typeof quota.$inferSelect)[]> {
  return keys.length === 0
    ? Promise.resolve([])
    : orm
        .select()
        .from(quota)
        .where(inArray(quota.key, [...keys]))
}
