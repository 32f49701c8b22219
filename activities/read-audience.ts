import { WorkflowNotFoundError } from '@temporalio/client'
import { completeArchiving, completeEmptying, discardHeldOfKept, emptiedSyncs } from '../db/queries/finish.ts'
import {
  readWish,
  rememberNextRefresh,
  requeueInterrupted,
  type SyncState,
  setPaused,
  type Wish,
} from '../db/queries/refresh.ts'
import { syncSignals, workflowIds } from '../workflows/names.ts'
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
  /** For operators: each sync's destination, and what there is to say about it. */
  readonly destinations: readonly { readonly name: string; readonly state: string }[]
}

const gone: AudienceState = {
  ended: true,
  name: '',
  status: 'ended',
  requested: false,
  nextRefreshAt: null,
  wakeAt: null,
  destinations: [],
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Reads what is wanted of an audience between two of its runs. */
export async function readAudience(context: Context, audienceId: string): Promise<AudienceState> {
  if (!uuid.test(audienceId)) return gone // a workflow that somebody started by hand
  await requeueInterrupted(context.db.sql, audienceId)
  return readState(context, audienceId)
}

/** What is wanted of an audience, after what a finished emptying asks for has been done. */
export async function readState(context: Context, audienceId: string): Promise<AudienceState> {
  const { sql } = context.db
  for (const emptied of await emptiedSyncs(sql, audienceId)) await completeEmptying(sql, emptied)
  // also what was being uploaded when it was archived, and is held only now
  for (const syncId of await discardHeldOfKept(sql, audienceId)) await tellDiscarded(context, syncId)
  await completeArchiving(sql, audienceId)
  const wish = await readWish(sql, audienceId)
  if (!wish || wish.status === 'draft' || wish.status === 'archived') return { ...gone, name: wish?.name ?? '' }
  const running = wish.status === 'active' && !wish.paused
  const next = running ? nextOf(audienceId, wish, Date.now()) : null
  await rememberNextRefresh(sql, audienceId, next === null ? null : new Date(next))
  const retry = (running || wish.status === 'archiving') && wish.retryAt ? wish.retryAt.getTime() : null
  return {
    ended: false,
    name: wish.name,
    status: wish.status === 'archiving' ? 'archiving' : wish.paused ? 'paused' : 'active',
    requested: wish.requested && (running || wish.status === 'archiving'),
    nextRefreshAt: next,
    wakeAt: next === null || retry === null ? (next ?? retry) : Math.min(next, retry),
    destinations: wish.destinations.map((sync) => ({ name: sync.name, state: stateOf(sync) })),
  }
}

/** A workflow that does not hear of it finds its delivery ended with the next signal, or gives way to the next delivery. */
async function tellDiscarded({ temporal }: Context, syncId: string): Promise<void> {
  try {
    await temporal.workflow.getHandle(workflowIds.sync(syncId)).signal(syncSignals.discard)
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error
  }
}

/** A refresh that fell due while nobody looked is due until a run begins. */
function nextOf(audienceId: string, wish: Wish, now: number): number | null {
  if (!wish.refreshIntervalMs) return null
  const due = wish.nextRefreshAt?.getTime() ?? Number.POSITIVE_INFINITY
  return due <= now ? due : nextRefreshAt(audienceId, wish.refreshIntervalMs, now)
}

function stateOf(sync: SyncState): string {
  if (sync.open === 'held') return `${sync.held} leaves wait for approval`
  if (sync.open) return 'a delivery is on its way'
  if (!sync.connected) return 'not connected: check and reconnect the destination'
  if (!sync.enabled) return 'off'
  const delivered = sync.deliveredAt ? `last delivered ${sync.deliveredAt} UTC` : 'nothing delivered yet'
  return sync.problem ? `needs attention (${sync.problem}); ${delivered}` : delivered
}

/** An operator's `pause` or `resume`, written where the API would write it. */
export async function pauseAudience(
  context: Context,
  { audienceId, paused }: { audienceId: string; paused: boolean },
): Promise<AudienceState> {
  await setPaused(context.db.sql, audienceId, paused)
  return readState(context, audienceId)
}
