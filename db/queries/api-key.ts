import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import { apiKey, type Role } from '../schema/api-key.ts'
import type { OrmRunner } from './orm-runner.ts'
import { beyond, newestFirst, type Page } from './page.ts'

export type ApiKey = typeof apiKey.$inferSelect

/** The key of this hash, unless it was revoked. */
export async function findApiKey(orm: OrmRunner, hash: string): Promise<ApiKey | undefined> {
  const [row] = await orm
    .select()
    .from(apiKey)
    .where(and(eq(apiKey.hash, hash), isNull(apiKey.revokedAt)))
  return row
}

/** The key of this id, unless it was revoked. */
export async function findApiKeyById(orm: OrmRunner, id: string): Promise<ApiKey | undefined> {
  const [row] = await orm
    .select()
    .from(apiKey)
    .where(and(eq(apiKey.id, id), isNull(apiKey.revokedAt)))
  return row
}

export async function createApiKey(
  orm: OrmRunner,
  values: { name: string; role: Role; hash: string; hint: string },
): Promise<ApiKey | undefined> {
  const [row] = await orm.insert(apiKey).values(values).onConflictDoNothing().returning()
  return row
}

/** Remembers that a key was used, at most once a minute. */
export async function touchApiKey(orm: OrmRunner, id: string): Promise<void> {
  await orm
    .update(apiKey)
    .set({ lastUsedAt: sql`now()` })
    .where(
      and(eq(apiKey.id, id), sql`(${apiKey.lastUsedAt} is null or ${apiKey.lastUsedAt} < now() - interval '1 minute')`),
    )
}

export function listApiKeys(orm: OrmRunner, { after, limit }: Page): Promise<ApiKey[]> {
  return orm
    .select()
    .from(apiKey)
    .where(and(isNull(apiKey.revokedAt), beyond(apiKey.createdAt, apiKey.id, after)))
    .orderBy(...newestFirst(apiKey.createdAt, apiKey.id))
    .limit(limit + 1)
}

/** Revokes a key. `last_admin` when nobody could manage keys after that. */
export function revokeApiKey(
  orm: Extract<OrmRunner, { transaction: unknown }>,
  id: string,
): Promise<'revoked' | 'last_admin' | undefined> {
  return orm.transaction(async (tx) => {
    const live = await tx.select().from(apiKey).where(isNull(apiKey.revokedAt)).orderBy(desc(apiKey.id)).for('update')
    const key = live.find((each) => each.id === id)
    if (!key) return undefined
    if (key.role === 'admin' && live.filter((each) => each.role === 'admin').length === 1) return 'last_admin'
    await tx.update(apiKey).set({ revokedAt: sql`now()` }).where(eq(apiKey.id, id))
    return 'revoked'
  })
}

export async function countAdminKeys(orm: OrmRunner): Promise<number> {
  return orm.$count(apiKey, and(isNull(apiKey.revokedAt), eq(apiKey.role, 'admin')))
}
