import { hash } from 'node:crypto'
import {
  batchesInDoubt,
  batchesToRefresh,
  createDelivery,
  markInStep,
  markMissed,
  openDelivery,
  plannedDeliveries,
  readSyncs,
  type SyncFacts,
  setSyncProblem,
} from '../db/queries/deliver.ts'
import { countDifferences, type DiffCounts, type DiffRule, joinsTwice, writePlan } from '../db/queries/diff.ts'
import { ensureLedger } from '../db/queries/ledger-table.ts'
import { type ChosenStage, closeRun, failRun, forgetStage, readStage } from '../db/queries/refresh.ts'
import {
  claimStage,
  dropPlan,
  dropStage,
  nextStageNo,
  releaseStage,
  stageExists,
  stageTable,
} from '../db/queries/stage.ts'
import { sideOf } from '../destinations/index.ts'
import { mappingVersion, normaliserSettings } from '../destinations/mapping.ts'
import { alive } from './alive.ts'
import { brake } from './brake.ts'
import type { Context } from './context.ts'
import { problem, stageLost } from './failure.ts'
import { type AudienceState, readState } from './read-audience.ts'
import { setIndex } from './take-snapshot.ts'

export type PlannedDelivery = { readonly deliveryId: string; readonly syncId: string; readonly name: string }
export type DiffResult = {
  readonly deliveries: PlannedDelivery[]
  /** How the run went so far, in a few words for the operator: "1,204 members, nothing to do". */
  readonly summary: string
  readonly failed?: string
  /** Syncs that had no part in it although they are on, and why, for the log. */
  readonly skipped: { readonly syncId: string; readonly why: Idle }[]
  readonly state: AudienceState
}

/** Why a sync has no part in a run. The API's log has a sentence for those that are told. */
type Idle = 'off' | 'nothing_staged' | 'no_list' | 'mapping_changed' | 'destination_disconnected' | 'still_delivering'
const told: ReadonlySet<Idle> = new Set(['mapping_changed', 'destination_disconnected', 'still_delivering'])

/** Compares the staged members with what each sync's destination holds, and plans what each has to be sent. */
export async function diff(context: Context, input: { audienceId: string; runId: string }): Promise<DiffResult> {
  const { sql } = context.db
  const { audienceId, runId } = input
  const stage = await readStage(sql, runId)
  const skipped: DiffResult['skipped'] = []
  const failed = await alive(() => planAll(context, input, stage, skipped))
  if (stage) await dropStage(sql, stage.no)
  if (failed)
    await failRun(sql, runId, problem('member_id_not_unique', failed, 'whoever looks after the source', fixIds))
  const planned = await plannedDeliveries(sql, runId)
  const todo = planned.filter((delivery) => delivery.status === 'planned')
  await closeRun(sql, runId)
  return {
    deliveries: todo.map(({ id, syncId, name }) => ({ deliveryId: id, syncId, name })),
    summary: failed ?? summaryOf(stage, planned),
    ...(failed ? { failed } : {}),
    skipped: skipped.filter(
      ({ syncId, why }) => told.has(why) && !planned.some((delivery) => delivery.syncId === syncId),
    ),
    state: await readState(context, audienceId),
  }
}

const fixIds = 'Make the member id unique in the query, or choose another field as the member id. Nothing was sent.'

/** Plans every sync that can be delivered to; returns our sentence when the snapshot cannot be used. */
async function planAll(
  context: Context,
  { audienceId, runId }: { audienceId: string; runId: string },
  stage: ChosenStage | undefined,
  skipped: DiffResult['skipped'],
): Promise<string | undefined> {
  const { sql } = context.db
  for (const sync of await readSyncs(sql, audienceId)) {
    const why = await whyIdle(context, sync, stage)
    if (why) {
      skipped.push({ syncId: sync.id, why })
      continue
    }
    const planned = await planSync(context, runId, sync, sync.intent === 'empty' ? undefined : stage)
    if (planned === 'stage_lost') await giveUpStage(context, runId)
    if (planned === 'duplicates')
      return `Several rows of the snapshot have the same member id, so nobody can tell who is meant.`
  }
  return undefined
}

async function giveUpStage(context: Context, runId: string): Promise<never> {
  await forgetStage(context.db.sql, runId)
  throw stageLost()
}

/** Why a sync has no part in this run, if it has none. */
async function whyIdle(context: Context, sync: SyncFacts, stage: ChosenStage | undefined): Promise<Idle | undefined> {
  const { sql } = context.db
  if (sync.intent === 'match') {
    if (!sync.enabled) return 'off'
    if (!stage) return 'nothing_staged'
    if (setIndex(stage.shape.sets, sync.mapping) < 0) {
      await markMissed(sql, sync.id)
      return 'mapping_changed'
    }
  }
  if (sync.listId === null) return 'no_list'
  if (sync.destinationStatus === 'needs_attention') {
    const what = `${sync.destinationName} is not connected.`
    await setSyncProblem(
      sql,
      sync.id,
      problem('destination_disconnected', what, 'an administrator', 'Check and reconnect the destination.'),
    )
    return 'destination_disconnected'
  }
  const open = await openDelivery(sql, sync.id)
  if (open && open.status !== 'held') {
    await markMissed(sql, sync.id)
    return 'still_delivering'
  }
  return undefined
}

async function planSync(
  context: Context,
  runId: string,
  sync: SyncFacts,
  stage: ChosenStage | undefined,
): Promise<'planned' | 'in_step' | 'stage_lost' | 'duplicates'> {
  const { sql } = context.db
  const before = await plannedDeliveries(sql, runId)
  if (before.some((delivery) => delivery.syncId === sync.id)) return 'planned'
  if (stage && !(await stageExists(sql, stageTable(stage.no)))) return 'stage_lost'
  const ledgerParts = await ensureLedger(sql, sync.no, sync.ledgerParts, stage?.rows ?? 0)
  const rule = await ruleOf(context, sync, stage, ledgerParts)
  const counts = await countDifferences(sql, rule)
  if (stage && counts.staged !== stage.rows) return 'stage_lost'
  if (counts.duplicates > 0) return 'duplicates'
  const todo = counts.join + counts.again + counts.update + counts.leave + counts.forget
  if (counts.waiting > 0) await markMissed(sql, sync.id)
  if (todo === 0 && counts.waiting === 0 && !sync.wishes.includes('recheck')) {
    await markInStep(sql, sync.id, sync)
    return 'in_step'
  }
  const held = await openDelivery(sql, sync.id)
  if (held?.syncVersion === sync.version && held.heldDigest === counts.digest.toString() && isHeld(sync, stage, counts))
    return 'in_step'
  return storePlan(context, runId, sync, rule, counts)
}

/** Whether the brake, as it is set now, would hold the same changes again. */
function isHeld(sync: SyncFacts, stage: ChosenStage | undefined, counts: DiffCounts): boolean {
  const hold = brake({
    goal: sync.intent,
    members: stage?.rows ?? null,
    heldBefore: counts.held,
    leaves: counts.leave,
    updates: counts.update,
    percent: sync.brakePercent,
    minimum: sync.brakeMinimum,
  })
  return hold.leaves || hold.updates
}

async function storePlan(
  context: Context,
  runId: string,
  sync: SyncFacts,
  rule: DiffRule,
  counts: DiffCounts,
): Promise<'planned' | 'in_step' | 'stage_lost' | 'duplicates'> {
  const { sql } = context.db
  const session = await sql.reserve()
  try {
    const planNo = await nextStageNo(session)
    await claimStage(session, planNo)
    const plannedRows = await writePlan(sql, rule, planNo, counts.changed)
    const expected = counts.join + counts.again + counts.update + counts.leave + counts.forget
    const problemFound =
      plannedRows !== expected ? 'stage_lost' : (await joinsTwice(sql, planNo)) ? 'duplicates' : undefined
    if (problemFound) {
      await dropPlan(sql, planNo)
      return problemFound
    }
    const deliveryId = await createDelivery(sql, {
      runId,
      syncId: sync.id,
      goal: sync.intent,
      syncVersion: sync.version,
      planNo,
      plannedRows,
      heldBefore: counts.held,
      counts: {
        joined: counts.join,
        again: counts.again,
        updated: counts.update,
        left: counts.leave,
        forgotten: counts.forget,
        waiting: counts.waiting,
      },
      seen: { wishes: sync.wishes, missed: sync.missed && counts.waiting === 0 },
    })
    if (!deliveryId) await dropPlan(sql, planNo)
    await releaseStage(session, planNo)
    return deliveryId ? 'planned' : 'in_step'
  } finally {
    session.release()
  }
}

async function ruleOf(
  context: Context,
  sync: SyncFacts,
  stage: ChosenStage | undefined,
  ledgerParts: number,
): Promise<DiffRule> {
  const destination = sideOf(sync.platform, sync.mode)
  const { doubtful, open } = await batchesInDoubt(context.db.sql, sync.no)
  const forgets = sync.forgetsAfterMs
  const expiring = forgets ? await batchesToRefresh(context.db.sql, sync.no, forgets) : []
  return {
    syncNo: sync.no,
    ledgerParts,
    stage: stage ? { no: stage.no, parts: stage.parts, set: setIndex(stage.shape.sets, sync.mapping) } : null,
    salt: saltOf(
      mappingVersion({
        normaliserVersion: destination.normaliserVersion,
        mapping: sync.mapping,
        country: sync.defaultCountry ?? undefined,
        settings: normaliserSettings(destination, sync.settings),
      }) + (sync.keeping === 'add_only' ? ' only added' : ''),
    ),
    again: [...doubtful, ...expiring],
    waiting: destination.addIsAsync || destination.removalIsAsync ? open : [],
    addOnly: sync.keeping === 'add_only',
    resync: sync.wishes.includes('resync'),
    retryRejected: sync.wishes.includes('retry_rejected'),
  }
}

/** Sixty-four bits of the mapping's version, for the fingerprints. */
const saltOf = (version: string) => hash('sha256', version, 'buffer').readBigInt64LE()

const number = new Intl.NumberFormat('en')

function summaryOf(
  stage: ChosenStage | undefined,
  planned: readonly { counts: { joined: number; left: number; updated: number } }[],
) {
  const size = stage ? `${number.format(stage.rows)} members` : 'nothing staged'
  if (planned.length === 0) return `${size}, nothing to do`
  const sum = (pick: 'joined' | 'left' | 'updated') =>
    number.format(planned.reduce((all, d) => all + d.counts[pick], 0))
  return `${size}; ${planned.length} to deliver: ${sum('joined')} joined, ${sum('left')} left, ${sum('updated')} changed`
}
