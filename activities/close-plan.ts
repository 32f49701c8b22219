import type { Runner } from '../db/connect.ts'
import type { DeliveryFacts, SyncFacts } from '../db/queries/deliver.ts'
import { noteApproval } from '../db/queries/finish.ts'
import {
  addToCounts,
  beginUploading,
  countChanges,
  forgetMembers,
  keepLeaves,
  planIsHashed,
} from '../db/queries/hash.ts'
import {
  goingFromChanges,
  goingFromPlan,
  type Numbering,
  numberRemovals,
  numberUpdates,
  openGoing,
  retainShared,
} from '../db/queries/number.ts'
import { dropPlan } from '../db/queries/stage.ts'
import { sideOf } from '../destinations/index.ts'
import { brake } from './brake.ts'
import type { Context } from './context.ts'
import { waitFor } from './failure.ts'

/** After the last chunk: the brake judges, leaves and updates are numbered or kept for a person, and the plan goes. */
export async function closePlan(context: Context, delivery: DeliveryFacts, sync: SyncFacts): Promise<void> {
  await context.db.sql.begin(async (tx) => {
    const planned = await planIsHashed(tx, delivery.id)
    if (!planned) throw waitFor(1_000, 'this delivery went on, or is to stop')
    const changes = await countChanges(tx, delivery.id)
    const mirror = sync.keeping === 'mirror'
    const leaves = planned.left
    const hold = brake({
      goal: delivery.goal,
      members: delivery.stageRows,
      heldBefore: delivery.heldBefore,
      leaves,
      updates: mirror ? changes.update : 0,
      percent: sync.brakePercent,
      minimum: sync.brakeMinimum,
    })
    await forgetMembers(tx, sync.no, delivery.planNo)
    await openGoing(tx)
    if (hold.leaves) await keepLeaves(tx, delivery.id, delivery.planNo)
    else {
      await goingFromPlan(tx, delivery.planNo)
      await goingFromChanges(tx, delivery.id, ['became_unusable'])
    }
    if (!hold.updates && mirror) await goingFromChanges(tx, delivery.id, ['update'])
    await numberGoing(tx, delivery, sync, hold.updates)
    const held = (hold.leaves ? leaves : 0) + (hold.updates ? changes.update : 0)
    await addToCounts(tx, delivery.id, { held })
    await dropPlan(tx, delivery.planNo)
    await beginUploading(tx, delivery.id)
  })
}

/** A person approved what was held: it is judged by the ledger of now, numbered, and goes on. */
export async function releaseChanges(context: Context, delivery: DeliveryFacts, sync: SyncFacts): Promise<void> {
  await context.db.sql.begin(async (tx) => {
    if (!(await beginUploading(tx, delivery.id, 'held'))) throw waitFor(1_000, 'the held delivery changed meanwhile')
    await openGoing(tx)
    await noteApproval(tx, delivery.id, delivery.counts.held)
    await goingFromChanges(tx, delivery.id, ['leave', 'became_unusable', 'update'])
    await numberGoing(tx, delivery, sync, false)
    await addToCounts(tx, delivery.id, { held: -delivery.counts.held })
  })
}

async function numberGoing(tx: Runner, delivery: DeliveryFacts, sync: SyncFacts, holdUpdates: boolean): Promise<void> {
  const { limits, removalIsAsync } = sideOf(sync.platform, sync.mode)
  const perRemoval = 'rowsPerRemoval' in limits ? limits.rowsPerRemoval : undefined
  const numbering: Numbering = {
    deliveryId: delivery.id,
    syncNo: sync.no,
    listId: sync.listId ?? '',
    rowsPerAdd: limits.rowsPerRequest,
    rowsPerRemoval: perRemoval ?? limits.rowsPerRequest,
    held: delivery.heldBefore,
    eventAt: sync.mode === 'event' ? delivery.startedAt : null,
  }
  if (delivery.goal === 'match' && sync.keeping === 'mirror') {
    const retained = await retainShared(tx, numbering)
    if (retained > 0) await addToCounts(tx, delivery.id, { retained })
  }
  await numberRemovals(tx, numbering)
  // where a removal is final only later, the new identifiers wait for that: its receipt wakes a run, which finds them missing
  const afterRemoval = removalIsAsync && sync.keeping === 'mirror'
  await numberUpdates(tx, numbering, holdUpdates || afterRemoval ? ['describe'] : ['update', 'describe'])
}
