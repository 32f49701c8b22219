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
  nextBatchIds,
  numberJoins,
  readPlan,
} from '../db/queries/hash.ts'
import type { Counts } from '../db/schema/delivery.ts'
import type { Seal } from '../db/seal.ts'
import type { Destination, Identifiers } from '../destinations/define.ts'
import { sideOf } from '../destinations/index.ts'
import { compileMapping, type Prepared } from '../destinations/mapping.ts'
import { propertiesIdentifier, propertiesOf, splitMapping, withProperties } from '../destinations/properties.ts'
import { differenceOf } from '../identity/packed.ts'
import type { Context } from './context.ts'
import {
  type BinaryCopy,
  type BinaryRow,
  createBinaryCopy,
  type Field,
  int4,
  int8,
  int8Array,
  readBinary,
  timestamptz,
} from './copy-binary.ts'
import { waitFor } from './failure.ts'
import { decodeRow } from './stage-rows.ts'

/**
 * Hashes the plan chunk by chunk; each is stored in one transaction that also moves the delivery's place on. While one is
 * stored the next one is hashed.
 */
export async function hashPlan(
  context: Context,
  delivery: DeliveryFacts,
  sync: SyncFacts,
  signal: AbortSignal,
): Promise<'done' | 'stage_lost'> {
  const { sql } = context.db
  const destination = sideOf(sync.platform, sync.mode)
  // one session for all reads: a crash of the database ends it, so a table that it emptied is never read as "no more"
  const session = await sql.reserve()
  try {
    if ((await countPlan(session, delivery.planNo)) !== delivery.plannedRows) return 'stage_lost'
    if (delivery.goal === 'empty') return 'done'
    const prepare = prepareFor(delivery, sync, destination)
    const step = destination.limits.rowsPerRequest
    let storing: Promise<void> = Promise.resolve()
    try {
      for (let from = delivery.hashedTo; from < delivery.plannedRows; from += step) {
        signal.throwIfAborted()
        const to = from + step
        const chunk = await hashChunk(session, {
          delivery,
          sync,
          destination,
          prepare,
          seal: context.seal.seal,
          from,
          to,
        })
        await storing
        storing = storeChunk(context, { delivery, sync, from, to }, chunk)
        storing.catch(() => {}) // whoever waits for it next hears of it
      }
    } finally {
      // one that fails while the next one is hashed has its say before the attempt ends
      await storing
    }
    return 'done'
  } finally {
    session.release()
  }
}

/** What prepares a staged row: its identifiers, and for events the properties that the user added. */
function prepareFor(
  { fields }: DeliveryFacts,
  { mapping, defaultCountry, settings, mode }: SyncFacts,
  { identifiers }: { readonly identifiers: Identifiers },
): (values: readonly (string | null)[]) => Prepared {
  const plan = { fields, country: defaultCountry ?? undefined, settings }
  if (mode === 'list') return compileMapping({ ...plan, identifiers, mapping })
  const wanted = splitMapping(mapping)
  if (Object.keys(wanted.properties).length === 0)
    return compileMapping({ ...plan, identifiers, mapping: wanted.identifiers })
  const together = propertiesOf(wanted.properties, fields)
  const prepare = compileMapping({
    ...plan,
    identifiers: withProperties(identifiers),
    mapping: { ...wanted.identifiers, [propertiesIdentifier]: propertiesIdentifier },
    fields: [...fields, propertiesIdentifier],
  })
  return (values) => prepare([...values, together(values)])
}

/** A chunk that was hashed, as it is written to the database. */
type Chunk = {
  /** The batches of its joins, one for each group of members; nearly always there is one. */
  readonly batches: readonly NumberedGroup[]
  /** Members that the ledger does not know, ready to be sent: rows of the ledger. */
  readonly fresh: BinaryCopy
  /** All others: rows of what was found. */
  readonly found: BinaryCopy
  /** How what was found differs from what was planned. */
  readonly counts: Partial<Counts>
}

/** The number that the joins of a group carry, drawn before they are written. */
type NumberedGroup = { readonly id: number; readonly field: Field; rows: number }

async function hashChunk(
  session: Runner,
  plan: {
    delivery: DeliveryFacts
    sync: SyncFacts
    destination: Pick<Destination, 'identifiers'>
    prepare: (values: readonly (string | null)[]) => Prepared
    seal: Seal['seal']
    from: number
    to: number
  },
): Promise<Chunk> {
  const describing = describingCodes(plan.destination)
  const addOnly = plan.sync.keeping === 'add_only'
  const isEvent = plan.sync.mode === 'event'
  const baseline = plan.delivery.wishes.includes('baseline')
  const eventAt = isEvent ? timestamptz(plan.delivery.startedAt) : null
  const groupOf = numberGroups(await nextBatchIds(session, groupsAtMost(plan.destination)))
  const syncNo = int4(plan.sync.no)
  const fresh = createBinaryCopy()
  const found = createBinaryCopy()
  const counts = { joined: 0, again: 0, updated: 0, left: 0, unusable: 0, baseline: 0 }
  const take = (row: BinaryRow) => {
    const planned = planRow(row)
    const prepared = plan.prepare(decodeRow(row.bytes(3)))
    const action = isEvent
      ? eventActionFor(planned, prepared, describing, { addOnly, baseline })
      : actionFor(planned, prepared, describing, addOnly)
    const key = row.bytes(0)
    const fingerprint = row.bytes(2)
    const packed = 'packed' in prepared ? prepared.packed : null
    const strong = 'packed' in prepared ? int8Array(prepared.strong) : null
    const plain = 'packed' in prepared && prepared.plain ? plan.seal(prepared.plain) : null
    const grouping = 'packed' in prepared ? prepared.group : ''
    const batch = action === 'join' ? groupOf(grouping) : null
    if (batch) batch.rows++
    if (batch && planned.oldState === null)
      fresh.add([syncNo, key, fingerprint, added, batch.field, packed, strong, plain, eventAt])
    else {
      const reason = 'unusable' in prepared ? Buffer.from(prepared.unusable) : null
      const number = int4(groupNumber(grouping))
      found.add([key, Buffer.from(action), fingerprint, packed, strong, reason, plain, number, batch?.field ?? null])
    }
    const sent = action === 'join' || action === 'update' || action === 'describe'
    if (!sent) counts[plannedAs(planned.kind)]--
    if ('unusable' in prepared && action !== 'same') counts.unusable++
    if (action === 'became_unusable') counts.left++
    if (action === 'baseline') counts.baseline++
  }
  const rows = readPlan(session, plan.delivery.planNo, plan.from, plan.to)
  for await (const chunk of readBinary(rows)) for (const row of chunk) take(row)
  return { batches: groupOf.used(), fresh, found, counts }
}

/** What members may differ in is declared by the destination, and its normalisers let few values through. */
const groupsAtMost = (destination: Pick<Destination, 'identifiers'>) =>
  Object.values(destination.identifiers).some(({ groups }) => groups) ? 16 : 1

/** Gives each group that comes along the next of these numbers. */
function numberGroups(ids: readonly number[]) {
  const numbered = new Map<string, NumberedGroup>()
  function groupOf(group: string): NumberedGroup {
    const known = numbered.get(group)
    if (known) return known
    const id = ids[numbered.size]
    if (id === undefined) throw new Error(`The members of one chunk are of more than ${ids.length} groups.`)
    const made = { id, field: int8(BigInt(id)), rows: 0 }
    numbered.set(group, made)
    return made
  }
  groupOf.used = () => [...numbered.values()]
  return groupOf
}

/** A number that a group keeps from chunk to chunk. Two groups of one number would share batches, which is no harm. */
const groupNumber = (group: string) => (group === '' ? 0 : hash('sha256', group, 'buffer').readInt32LE())

const added = Buffer.from('added')

const plannedAs = (kind: number) => (kind === kinds.join ? 'joined' : kind === kinds.again ? 'again' : 'updated')

type PlanRow = {
  readonly kind: number
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

/**
 * The same where members are told by events: a change of a member tells nobody anything, and the leave is announced with what
 * announced the join. Whoever counts as announced without having been stays so until they leave.
 */
function eventActionFor(
  row: PlanRow,
  prepared: Prepared,
  isDescribing: (code: number) => boolean,
  { addOnly, baseline }: { addOnly: boolean; baseline: boolean },
): Action {
  const isUpdate = row.kind === kinds.update
  if (row.oldState === 'baseline' && isUpdate) return 'same'
  if (baseline && row.oldState === null && 'packed' in prepared) return 'baseline'
  if (isUpdate && row.oldState === 'added' && 'packed' in prepared) return 'same'
  const action = actionFor(row, prepared, isDescribing, addOnly)
  return action === 'describe' ? 'join' : action
}

function describingCodes(destination: Pick<Destination, 'identifiers'>): (code: number) => boolean {
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
    for (const { id, rows } of chunk.batches)
      await numberJoins(tx, { id, deliveryId: delivery.id, syncNo: sync.no, listId: sync.listId ?? '', rows })
    if (chunk.fresh.rows > 0) await copyIntoLedger(tx, sync.no, chunk.fresh.end())
    if (chunk.found.rows > 0) {
      await copyFound(tx, chunk.found.end())
      const eventAt = sync.mode === 'event' ? delivery.startedAt : null
      await applyFound(tx, { deliveryId: delivery.id, syncNo: sync.no, eventAt })
    }
  })
}

const planRow = (row: BinaryRow): PlanRow => ({
  kind: row.int2(1),
  oldState: row.orNull(4)?.toString('latin1') ?? null,
  oldIdentifiers: row.orNull(5),
})
