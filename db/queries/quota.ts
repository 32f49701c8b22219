import type { Runner, Sql } from '../connect.ts'

/**
 * Takes one request from a bucket that all workers share: `limit` requests a window, refilled evenly, of which `reserve`
 * stay in it. Returns 0 when the request may go out, else how long to wait, in milliseconds.
 */
export function takeRequest(
  sql: Sql,
  { key, limit, windowMs, reserve = 0 }: { key: string; limit: number; windowMs: number; reserve?: number },
): Promise<number> {
  return sql.begin(async (tx) => {
    await tx`insert into quota (key, tokens) values (${key}, ${limit}) on conflict do nothing`
    const [row] = await tx<{ tokens: number; agoMs: number; blockedMs: number }[]>`
      select tokens, extract(epoch from now() - filled_at)::float8 * 1000 as "agoMs",
        coalesce(extract(epoch from blocked_until - now())::float8 * 1000, 0) as "blockedMs"
      from quota where key = ${key} for update`
    if (!row) return 0
    if (row.blockedMs > 0) return Math.ceil(row.blockedMs)
    const tokens = Math.min(limit, row.tokens + (row.agoMs * limit) / windowMs)
    if (tokens < 1 + reserve) return Math.ceil(((1 + reserve - tokens) * windowMs) / limit)
    await tx`update quota set tokens = ${tokens - 1}, filled_at = now() where key = ${key}`
    return 0
  })
}

/**
 * What the platform says of a quota: from 75 % on the bucket is slowed, at 100 % it is closed until `regainAfterMs`. A
 * bucket that is first told of is full: whoever takes from it knows its limit.
 */
export async function noteUsage(
  run: Runner,
  usage: { key: string; percent: number; regainAfterMs: number },
  scaled: (ms: number) => number,
): Promise<void> {
  const blockedMs = blockedFor(usage, scaled)
  await run`
    insert into quota (key, tokens, percent, blocked_until)
    values (${usage.key}, 'infinity', ${usage.percent}, ${blockedMs > 0 ? run`now() + ${blockedMs} * interval '1 ms'` : null})
    on conflict (key) do update set percent = excluded.percent, blocked_until = greatest(quota.blocked_until, excluded.blocked_until)`
}

const slowFrom = 75
const stopFrom = 100
const slowedByMs = 2_000
const closedForAtLeastMs = 60_000

function blockedFor(
  { percent, regainAfterMs }: { percent: number; regainAfterMs: number },
  scaled: (ms: number) => number,
) {
  if (percent >= stopFrom || regainAfterMs > 0) return Math.max(regainAfterMs, scaled(closedForAtLeastMs))
  return percent >= slowFrom ? scaled(slowedByMs) : 0
}
