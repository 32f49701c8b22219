import { hash } from 'node:crypto'
import type { Runner } from '../db/connect.ts'
import type { DeliveryFacts, SyncFacts } from '../db/queries/deliver.ts'
import { kinds } from '../db/queries/diff.ts'
import {
  type Action,
  advancePlan,
  applyFound,
  copyFound,
  copyIntoLedger,
  countPlan,
  numberJoins,
  readPlan,
} from '../db/queries/hash.ts'
import type { Counts } from '../db/schema/delivery.ts'
import type { Seal } from '../db/seal.ts'
import type { Destination } from '../destinations/define.ts'
import { destinationOf } from '../destinations/index.ts'
import { compileMapping, type Prepared } from '../destinations/mapping.ts'
import { differenceOf } from '../identity/packed.ts'
import type { Context } from './context.ts'
import { type BinaryRow, binaryCopy, type Field, int4, int8, int8Array, readBinary } from './copy-binary.ts'
import { waitFor } from './failure.ts'
import { decodeRow } from './stage-rows.ts'

/** A member that was hashed: what the ledger or a change will say of it. */
type Found = {
  readonly key: Buffer
  readonly action: Action
  /** As PostgreSQL sent it, eight bytes. */
  readonly fingerprint: Buffer
  readonly packed: Buffer | null
  readonly strong: readonly bigint[] | null
  /** Sealed. */
  readonly plain: Buffer | null
  readonly group: string
  readonly reason: string | null
}

/** Hashes the plan chunk by chunk, each in one transaction that also moves the delivery's place on. */
export async function hashPlan(
  context: Context,
  delivery: DeliveryFacts,
  sync: SyncFacts,
  signal: AbortSignal,
): Promise<'done' | 'stage_lost'> {
  const { sql } = context.db
  const destination = destinationOf(sync.platform)
  // one session for all reads: a crash of the database ends it, so a table that it emptied is never read as "no more"
  const session = await sql.reserve()
  try {
    if ((await countPlan(session, delivery.planNo)) !== delivery.plannedRows) return 'stage_lost'
    if (delivery.goal === 'empty') return 'done'
    const prepare = compileMapping({
      identifiers: destination.identifiers,
      mapping: sync.mapping,
      fields: delivery.fields,
      country: sync.defaultCountry ?? undefined,
      settings: sync.settings,
    })
    for (let from = delivery.hashedTo; from < delivery.plannedRows; ) {
      signal.throwIfAborted()
      const to = from + destination.limits.rowsPerRequest
      const chunk = await hashChunk(session, {
        delivery,
        sync,
        destination,
        prepare,
        seal: context.seal.seal,
        from,
        to,
      })
      await storeChunk(context, { delivery, sync, from, to }, chunk)
      from = to
    }
    return 'done'
  } finally {
    session.release()
  }
}

type Chunk = {
  /** Members that the ledger does not know, ready to be sent. */
  readonly fresh: Found[]
  readonly found: Found[]
  /** How what was found differs from what was planned. */
  readonly counts: Partial<Counts>
}

async function hashChunk(
  session: Runner,
  plan: {
    delivery: DeliveryFacts
    sync: SyncFacts
    destination: Destination
    prepare: (values: readonly (string | null)[]) => Prepared
    seal: Seal['seal']
    from: number
    to: number
  },
): Promise<Chunk> {
  const describing = describingCodes(plan.destination)
  const addOnly = plan.sync.keeping === 'add_only'
  const fresh: Found[] = []
  const found: Found[] = []
  const counts = { joined: 0, again: 0, updated: 0, left: 0, unusable: 0 }
  const rows = readPlan(session, plan.delivery.planNo, plan.from, plan.to)
  const take = (row: PlanRow) => {
    const prepared = plan.prepare(decodeRow(row.row))
    const action = actionFor(row, prepared, describing, addOnly)
    const member: Found = {
      key: row.key,
      action,
      fingerprint: row.fingerprint,
      packed: 'packed' in prepared ? prepared.packed : null,
      strong: 'packed' in prepared ? prepared.strong : null,
      plain: 'packed' in prepared && prepared.plain ? plan.seal(prepared.plain) : null,
      group: 'packed' in prepared ? prepared.group : '',
      reason: 'unusable' in prepared ? prepared.unusable : null,
    }
    if (action === 'join' && row.oldState === null) fresh.push(member)
    else found.push(member)
    const sent = action === 'join' || action === 'update' || action === 'describe'
    if (!sent) counts[plannedAs(row.kind)]--
    if ('unusable' in prepared && action !== 'same') counts.unusable++
    if (action === 'became_unusable') counts.left++
  }
  for await (const chunk of readBinary(rows)) for (const row of chunk) take(planRow(row))
  return { fresh, found, counts }
}

const plannedAs = (kind: number) => (kind === kinds.join ? 'joined' : kind === kinds.again ? 'again' : 'updated')

type PlanRow = {
  readonly key: Buffer
  readonly kind: number
  readonly fingerprint: Buffer
  readonly row: Buffer
  readonly oldState: string | null
  readonly oldIdentifiers: Buffer | null
}

/** What is to be done about a member of the snapshot, now that its identifiers are known. */
function actionFor(
  row: PlanRow,
  prepared: Prepared,
  isDescribing: (code: number) => boolean,
  addOnly: boolean,
): Action {
  const held = row.oldIdentifiers
  if ('unusable' in prepared) {
    if (!held) return 'unusable'
    return addOnly ? 'same' : 'became_unusable'
  }
  if (!held) return 'join'
  const difference = differenceOf(held, prepared.packed, isDescribing)
  if (difference === 'identifying') return 'update'
  // also one that was refused and is tried again; and who is back after leaving may have gone from the list with a leaver
  // who had an identifier of theirs
  if (row.kind !== kinds.update || row.oldState === 'retained') return 'join'
  return difference === 'none' ? 'same' : 'describe'
}

function describingCodes(destination: Destination): (code: number) => boolean {
  const codes = new Set(
    Object.values(destination.identifiers).flatMap(({ code, role }) => (role === 'describing' ? [code] : [])),
  )
  return (code) => codes.has(code)
}

async function storeChunk(
  context: Context,
  { delivery, sync, from, to }: { delivery: DeliveryFacts; sync: SyncFacts; from: number; to: number },
  chunk: Chunk,
): Promise<void> {
  await context.db.sql.begin(async (tx) => {
    const moved = await advancePlan(tx, {
      deliveryId: delivery.id,
      from,
      to,
      counts: chunk.counts,
    })
    if (!moved) throw waitFor(1_000, 'this delivery went on, or is to stop')
    const batchOf = await numberGroups(tx, delivery.id, sync, chunk)
    if (chunk.fresh.length > 0) await writeLedger(tx, sync.no, batchOf, chunk.fresh)
    if (chunk.found.length > 0) {
      await writeFound(tx, batchOf, chunk.found)
      await applyFound(tx, { deliveryId: delivery.id, syncNo: sync.no })
    }
  })
}

/** A batch for each group of a chunk's joins; nearly always there is one. */
async function numberGroups(
  tx: Runner,
  deliveryId: string,
  sync: SyncFacts,
  chunk: Chunk,
): Promise<Map<string, Field>> {
  const rows = new Map<string, number>()
  const count = ({ group, action }: Found) => action === 'join' && rows.set(group, (rows.get(group) ?? 0) + 1)
  chunk.fresh.forEach(count)
  chunk.found.forEach(count)
  const batchOf = new Map<string, Field>()
  for (const [group, size] of rows) {
    const numbered = { deliveryId, syncNo: sync.no, listId: sync.listId ?? '', rows: size }
    batchOf.set(group, int8(BigInt(await numberJoins(tx, numbered))))
  }
  return batchOf
}

const planRow = (row: BinaryRow): PlanRow => ({
  key: row.bytes(0),
  kind: row.bytes(1).readInt16BE(),
  fingerprint: row.bytes(2),
  row: row.bytes(3),
  oldState: row.orNull(4)?.toString('latin1') ?? null,
  oldIdentifiers: row.orNull(5),
})

async function writeLedger(
  tx: Runner,
  syncNo: number,
  batchOf: ReadonlyMap<string, Field>,
  fresh: readonly Found[],
): Promise<void> {
  const sync = int4(syncNo)
  const added = Buffer.from('added')
  const rows = rowsOf(fresh, ({ key, fingerprint, packed, strong, plain, group }) => [
    sync,
    key,
    fingerprint,
    added,
    batchOf.get(group) ?? null,
    packed,
    strong && int8Array(strong),
    plain,
  ])
  await copyIntoLedger(tx, syncNo, binaryCopy(rows))
}

async function writeFound(tx: Runner, batchOf: ReadonlyMap<string, Field>, found: readonly Found[]): Promise<void> {
  const rows = rowsOf(found, ({ key, action, fingerprint, packed, strong, reason, plain, group }) => [
    key,
    Buffer.from(action),
    fingerprint,
    packed,
    strong && int8Array(strong),
    reason === null ? null : Buffer.from(reason),
    plain,
    int4(groupNumber(group)),
    action === 'join' ? (batchOf.get(group) ?? null) : null,
  ])
  await copyFound(tx, binaryCopy(rows))
}

/** A number that a group keeps from chunk to chunk. Two groups of one number would share batches, which is no harm. */
const groupNumber = (group: string) => (group === '' ? 0 : hash('sha256', group, 'buffer').readInt32LE())

/** One by one as they are written: made all at once they would be as large as the members themselves. */
function* rowsOf(found: readonly Found[], fields: (member: Found) => readonly Field[]): Iterable<readonly Field[]> {
  for (const member of found) yield fields(member)
}
