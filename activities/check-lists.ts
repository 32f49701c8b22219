import { WorkflowNotFoundError } from '@temporalio/client'
import { type Mend, writeMend } from '../db/queries/audit.ts'
import { readSync, type SyncFacts, setDestinationProblem, setSyncProblem } from '../db/queries/deliver.ts'
import {
  askLater,
  type DueList,
  dueLists,
  type ListProblem,
  noteListProblem,
  noteListWell,
} from '../db/queries/list-check.ts'
import { requestRun } from '../db/queries/refresh.ts'
import { replaceList } from '../db/queries/replace-list.ts'
import { isDelivering } from '../db/queries/sync.ts'
import type { Cause } from '../db/schema/run.ts'
import type { List, Opened } from '../destinations/define.ts'
import { DestinationFailure } from '../destinations/failure.ts'
import { madeList } from '../destinations/made-list.ts'
import { audienceSignals, workflowIds } from '../workflows/names.ts'
import { connectTo } from './connection.ts'
import type { Context } from './context.ts'
import { problem, problemOf } from './failure.ts'

/** So many lists are looked for in a round of housekeeping, and for so long: the rest is left to the next rounds. */
const MOST = 200
const ROUND_MS = 20_000

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

type Looking = {
  readonly context: Context
  readonly stop: AbortSignal
  /** Told to operators. */
  readonly noticed: (line: string) => void
  /** Does the work for one list; what it throws is told and does not keep the others from being looked for. */
  readonly one: (name: string, work: () => Promise<void>) => Promise<void>
}

/**
 * Looks for each list at its platform about once a day, also when there is nothing to send, so that one that was deleted,
 * renamed, closed or taken away is noticed. Destinations are asked beside each other, the lists of each in turn.
 */
export async function checkLists(given: Omit<Looking, 'stop'>, signal: AbortSignal): Promise<void> {
  const looking = { ...given, stop: AbortSignal.any([signal, AbortSignal.timeout(ROUND_MS)]) }
  const byDestination = new Map<string, DueList[]>()
  for (const due of await dueLists(given.context.db.sql, MOST))
    byDestination.set(due.destinationId, [...(byDestination.get(due.destinationId) ?? []), due])
  await Promise.all([...byDestination.values()].map((lists) => checkInTurn(looking, lists)))
}

async function checkInTurn(looking: Looking, lists: readonly DueList[]): Promise<void> {
  for (const { syncId, name } of lists) {
    if (looking.stop.aborted) return
    await looking.one(name, async () => {
      const sync = await readSync(looking.context.db.sql, syncId)
      // an earlier list of the destination may have shown that its credentials are dead
      if (sync?.listId && sync.destinationStatus === 'connected') await checkList(looking, { ...sync, name })
    })
  }
}

type Sync = SyncFacts & { readonly name: string }

async function checkList(looking: Looking, sync: Sync): Promise<void> {
  // as a removal does, it leaves what is short to adds
  const { opened, usageStored } = connectTo(looking.context, sync, { signal: looking.stop, operation: 'remove' })
  if (!('readList' in opened)) return
  try {
    const list = await opened.readList(sync.listId ?? '')
    if (list.usable) await tellWell(looking, sync, list)
    else await tellProblem(looking, sync, { problem: unusable(list), deleted: false, seen: true })
  } catch (error) {
    if (!(error instanceof DestinationFailure)) throw error
    await answerFailure(looking, sync, opened, error)
  } finally {
    await usageStored()
  }
}

async function tellWell(looking: Looking, sync: Sync, list: List): Promise<void> {
  const { sql } = looking.context.db
  const before = await noteListWell(sql, sync, list.name)
  if (!before) return
  if (before.listName !== list.name)
    await tell(looking, sync, {
      mended: 'list_renamed',
      told: `It was "${before.listName}" and is "${list.name}" now.`,
    })
  if (!before.ended) return
  await tell(looking, sync, { mended: 'list_well', told: 'What was missed meanwhile is sent now.' })
  await wantRun(looking, sync, 'retry')
}

async function tellProblem(looking: Looking, sync: Sync, found: ListProblem): Promise<void> {
  const before = await noteListProblem(looking.context.db.sql, sync, found)
  // told once, not each hour
  if (!before || before.problem === found.problem.code) return
  await tell(looking, sync, { mended: 'list_problem', told: `${found.problem.what} ${found.problem.next}` })
}

const unusable = ({ problem: what = 'The platform says that members of this list cannot be changed now.' }: List) =>
  problem(
    'list_unusable',
    what,
    'whoever looks after the account at the platform',
    'Mend it at the platform, or choose another list with PATCH /v1/syncs/{id}. It is looked at again within an hour.',
  )

async function answerFailure(looking: Looking, sync: Sync, opened: Opened, failure: DestinationFailure): Promise<void> {
  const { sql } = looking.context.db
  const told = problemOf(failure)
  if (failure.listGone) {
    const gone = { problem: told, deleted: failure.listDeleted || sync.listDeleted, seen: false }
    return await (gone.deleted && sync.whenListGone === 'recreate'
      ? recreate(looking, sync, opened, gone)
      : tellProblem(looking, sync, gone))
  }
  if (failure.kind === 'config')
    return await tellProblem(looking, sync, {
      problem: { ...told, code: 'list_unreadable' },
      deleted: false,
      seen: false,
    })
  if (failure.kind === 'auth') {
    await setDestinationProblem(sql, sync, told)
    await setSyncProblem(sql, sync.id, told)
    await tell(looking, sync, { mended: 'list_problem', told: `${told.what} ${told.next}` })
  }
  await askLater(sql, sync, Math.max(failure.retryAfterMs ?? 0, HOUR_MS))
}

/**
 * As POST /v1/syncs/{id}/recreate-list does it. Where a delivery is at work, or another process, it is done a minute later.
 * Where the platform does not make the list, the sync says why; an hour later it is tried again.
 */
async function recreate(looking: Looking, sync: Sync, opened: Opened, gone: ListProblem): Promise<void> {
  const { sql, orm } = looking.context.db
  const { id: syncId, version: attempt, mapping, syncSettings: settings, listName: name } = sync
  if (name === null || (await isDelivering(orm, syncId))) return await askLater(sql, sync, MINUTE_MS)
  const done = await replaceList(looking.context.db, { ...sync, listName: name }, () =>
    madeList(opened, { name, syncId, attempt, mapping, settings }),
  ).catch((error: unknown) => {
    if (error instanceof DestinationFailure) return error
    throw error
  })
  if (done instanceof DestinationFailure) {
    const what = `${gone.problem.what} It could not be made again: ${done.message}`
    return await tellProblem(looking, sync, { ...gone, problem: { ...gone.problem, what } })
  }
  if (done !== 'done') return await askLater(sql, sync, MINUTE_MS)
  await tell(looking, sync, { mended: 'list_recreated' })
  await wantRun(looking, sync, 'settings')
}

/** The wish is stored; the signal is a hint, and where there is no workflow to hear it, the next round sees to that. */
async function wantRun({ context }: Looking, { audienceId }: Sync, cause: Cause): Promise<void> {
  await requestRun(context.db.sql, audienceId, cause)
  const workflow = context.temporal.workflow.getHandle(workflowIds.audience(audienceId))
  await workflow.signal(audienceSignals.wake).catch((error: unknown) => {
    if (!(error instanceof WorkflowNotFoundError)) throw error
  })
}

async function tell(looking: Looking, { id, audienceId, name }: Sync, mend: Pick<Mend, 'mended' | 'told'>) {
  await writeMend(looking.context.db.sql, { audienceId, syncId: id, ...mend })
  looking.noticed(`${name}: ${told[mend.mended] ?? mend.mended}`)
}

const told: Readonly<Record<string, string>> = {
  list_renamed: 'its list was renamed at the platform',
  list_problem: 'its list is not as it should be; the sync says why',
  list_well: 'its list is well again',
  list_recreated: 'its list was deleted at the platform and was made again',
}
