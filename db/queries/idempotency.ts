import { and, eq, sql } from 'drizzle-orm'
import { idempotency } from '../schema/idempotency.ts'
import type { OrmRunner } from './orm-runner.ts'

export type Claim = { readonly apiKeyId: string; readonly key: string; readonly request: string }
export type Remembered = { request: string; status: number | null; body: unknown }

/**
 * Takes the key for this request. Returns nothing when it is ours now, else what is known of the request that has it.
 * A day later, or when whoever took it has not answered for a quarter of an hour, it is free again.
 */
export async function claimKey(orm: OrmRunner, claim: Claim): Promise<Remembered | undefined> {
  const taken = await orm
    .insert(idempotency)
    .values(claim)
    .onConflictDoUpdate({
      target: [idempotency.apiKeyId, idempotency.key],
      set: { request: claim.request, status: null, body: null, createdAt: sql`now()` },
      setWhere: sql`${idempotency.createdAt} < now() - case when ${idempotency.status} is null then interval '15 minutes' else interval '1 day' end`,
    })
    .returning()
  if (taken.length > 0) return undefined
  const [row] = await orm.select().from(idempotency).where(mine(claim))
  return row ?? { request: claim.request, status: null, body: null }
}

export async function rememberAnswer(orm: OrmRunner, claim: Claim, answer: { status: number; body: unknown }) {
  await orm.update(idempotency).set(answer).where(mine(claim))
}

/** Gives the key back: the request was refused and may be sent again, corrected. */
export async function releaseKey(orm: OrmRunner, claim: Claim): Promise<void> {
  await orm.delete(idempotency).where(mine(claim))
}

const mine = ({ apiKeyId, key }: Claim) => and(eq(idempotency.apiKeyId, apiKeyId), eq(idempotency.key, key))
