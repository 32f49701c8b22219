import { and, eq, ne, sql } from 'drizzle-orm'
import { audience } from '../schema/audience.ts'
import { source } from '../schema/source.ts'
import type { OrmRunner } from './orm-runner.ts'
import { beyond, newestFirst, type Page } from './page.ts'

export type SourceRow = typeof source.$inferSelect

export async function createSource(
  orm: OrmRunner,
  values: { name: string; kind: 'postgres'; credentials: Buffer },
): Promise<SourceRow> {
  const [row] = await orm.insert(source).values(values).returning()
  if (!row) throw new Error('The database answered the insert of a source without a row.')
  return row
}

export async function findSource(orm: OrmRunner, id: string): Promise<SourceRow | undefined> {
  const [row] = await orm.select().from(source).where(eq(source.id, id))
  return row
}

export function listSources(orm: OrmRunner, { after, limit }: Page): Promise<SourceRow[]> {
  return orm
    .select()
    .from(source)
    .where(beyond(source.createdAt, source.id, after))
    .orderBy(...newestFirst(source.createdAt, source.id))
    .limit(limit + 1)
}

export async function updateSource(
  orm: OrmRunner,
  id: string,
  values: { name?: string | undefined; credentials?: Buffer | undefined },
): Promise<SourceRow | undefined> {
  const [row] = await orm
    .update(source)
    .set({ ...values, updatedAt: sql`now()` })
    .where(eq(source.id, id))
    .returning()
  return row
}

/** Audiences that read this source, except archived ones. */
export function audiencesOfSource(orm: OrmRunner, sourceId: string) {
  return orm
    .select({ id: audience.id, name: audience.name, status: audience.status })
    .from(audience)
    .where(and(eq(audience.sourceId, sourceId), ne(audience.status, 'archived')))
    .orderBy(audience.name)
}

/** Deletes a source that nobody reads; archived audiences lose it. Returns the names of audiences that read it. */
export function deleteSource(
  orm: Extract<OrmRunner, { transaction: unknown }>,
  id: string,
): Promise<{ found: boolean; users: string[] }> {
  return orm.transaction(async (tx) => {
    const [row] = await tx.select({ id: source.id }).from(source).where(eq(source.id, id)).for('update')
    if (!row) return { found: false, users: [] }
    const users = (await audiencesOfSource(tx, id)).map((each) => each.name)
    if (users.length > 0) return { found: true, users }
    await tx.update(audience).set({ sourceId: null }).where(eq(audience.sourceId, id))
    await tx.delete(source).where(eq(source.id, id))
    return { found: true, users: [] }
  })
}
