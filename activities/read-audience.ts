import { completeArchiving, completeEmptying, emptiedSyncs } from '../db/queries/finish.ts'
import { readWish, rememberNextRefresh, setPaused } from '../db/queries/refresh.ts'
import type { Context } from './context.ts'
import { nextRefreshAt } from './next-refresh.ts'

/** What an audience's workflow needs to know between runs. Times in ms since the epoch. */
export type AudienceState = {
  /** The workflow has nothing more to do: the audience is a draft, archived or gone. */
  readonly ended: boolean
  readonly name: string
  readonly status: 'active' | 'paused' | 'archiving' | 'ended'
  readonly requested: boolean
  readonly nextRefreshAt: number | null
  /** When to wake next: a refresh, or a sync's retry before it. */
  readonly wakeAt: number | null
}

const gone: AudienceState = {
  ended: true,
  name: '',
  status: 'ended',
  requested: false,
  nextRefreshAt: null,
  wakeAt: null,
}

/** Reads what is wanted of an audience, after what a finished emptying asks for has been done. */
export async function readAudience(context: Context, audienceId: string): Promise<AudienceState> {
  const { sql } = context.db
  for (const emptied of await emptiedSyncs(sql, audienceId)) await completeEmptying(sql, emptied)
  await completeArchiving(sql, audienceId)
  const wish = await readWish(sql, audienceId)
  if (!wish || wish.status === 'draft' || wish.status === 'archived') return gone
  const running = wish.status === 'active' && !wish.paused
  const next = running && wish.refreshIntervalMs ? nextRefreshAt(audienceId, wish.refreshIntervalMs, Date.now()) : null
  await rememberNextRefresh(sql, audienceId, next === null ? null : new Date(next))
  const retry = (running || wish.status === 'archiving') && wish.retryAt ? wish.retryAt.getTime() : null
  return {
    ended: false,
    name: wish.name,
    status: wish.status === 'archiving' ? 'archiving' : wish.paused ? 'paused' : 'active',
    requested: wish.requested && (running || wish.status === 'archiving'),
    nextRefreshAt: next,
    wakeAt: next === null || retry === null ? (next ?? retry) : Math.min(next, retry),
  }
}

/** An operator's `pause` or `resume`, written where the API would write it. */
export async function pauseAudience(
  context: Context,
  { audienceId, paused }: { audienceId: string; paused: boolean },
): Promise<AudienceState> {
  await setPaused(context.db.sql, audienceId, paused)
  return readAudience(context, audienceId)
}
