import { memberKeyOf } from '../../db/member-key.ts'
import { identifiers } from '../../destinations/meta/identifiers.ts'
import { unpack } from '../../identity/packed.ts'
import { heldMembers } from '../support/deployment.ts'
import { expectedRow, identity, type Row, rowText, strongOf } from './people.ts'
import { everybody, type Scene } from './scene.ts'
import { steadily, type World } from './world.ts'

/** Something that is not as it has to be; `memberId` where it is about one of the members. */
export type Divergence = { readonly what: string; readonly memberId?: string; readonly memberKey?: string }

type LedgerRow = { key: string; state: string; row: Row | undefined; reason: string | null }

/** Compares, when nothing is going on, the list and the ledger with what the oracle says. */
export async function judge(world: World, scene: Scene): Promise<Divergence[]> {
  const held = await heldMembers(world, await currentList(world, scene))
  const ledger = await readLedger(world, scene)
  const members = everybody(scene).map((person) => ({
    id: person.id,
    key: memberKeyOf(world.memberKeySecret, person.id),
    row: expectedRow(person, scene.mapping, scene.country),
  }))
  return [
    ...compareList(scene, members, held, ledger),
    ...compareLedger(scene, members, ledger),
    ...(await compareEmptied(world, scene)),
    ...(await leftovers(world, scene)),
  ]
}

/** Whoever was in the list and has been the same person in the audience ever since was never taken out of it. */
export async function missed(world: World, scene: Scene): Promise<Divergence[]> {
  const held = new Set((await heldMembers(world, await currentList(world, scene))).map(identity))
  return [...scene.steady]
    .filter(([, row]) => !held.has(row))
    .map(([memberId]) => ({ what: 'was in the list, stayed in the audience, and was taken out of the list', memberId }))
}

type Member = { readonly id: string; readonly key: string; readonly row: Row | undefined }

function compareList(scene: Scene, members: Member[], held: Row[], ledger: LedgerRow[]): Divergence[] {
  const found: Divergence[] = []
  const heldByIdentity = new Map(held.map((row) => [identity(row), row]))
  const known = new Map<string, LedgerRow[]>()
  for (const each of ledger) {
    if (!each.row) continue
    const same = known.get(identity(each.row))
    if (same) same.push(each)
    else known.set(identity(each.row), [each])
  }
  const wanted = new Set<string>()
  const wantedStrong = new Set<string>()
  for (const { id, row } of members) {
    if (!row) continue
    wanted.add(identity(row))
    for (const one of strongOf(row)) wantedStrong.add(one)
    const there = heldByIdentity.get(identity(row))
    if (!there) found.push({ what: 'is usable and is not in the list', memberId: id })
    // who shares all identifiers with others has the description that was sent last
    else if (known.get(identity(row))?.length === 1 && rowText(there) !== rowText(row))
      found.push({ what: 'is in the list with another description', memberId: id })
  }
  if (scene.keeping === 'add_only') return found
  for (const row of held) {
    if (wanted.has(identity(row))) continue
    const retained = known.get(identity(row))?.some(({ state }) => state === 'retained')
    if (!strongOf(row).some((one) => wantedStrong.has(one)))
      found.push({
        what: `the list holds somebody who shares nothing with the audience: ${short(row)}`,
        ...ownerOf(row, known),
      })
    else if (!retained)
      found.push({
        what: `the list holds a row that the ledger does not know: ${short(row)}`,
        ...ownerOf(row, known),
      })
  }
  return found
}

const ownerOf = (row: Row, known: Map<string, LedgerRow[]>) => {
  const key = known.get(identity(row))?.[0]?.key
  return key ? { memberKey: key } : {}
}

function compareLedger(scene: Scene, members: Member[], ledger: LedgerRow[]): Divergence[] {
  const found: Divergence[] = []
  const rows = new Map(ledger.map((row) => [row.key, row]))
  const strongWanted = new Set(members.flatMap(({ row }) => (row ? strongOf(row) : [])))
  for (const { id, key, row } of members) {
    const known = rows.get(key)
    rows.delete(key)
    if (!known) found.push({ what: 'is in the audience and the ledger does not know it', memberId: id })
    else if (row && !['accepted', 'confirmed'].includes(known.state))
      found.push({ what: `is in the audience and the ledger says ${known.state}: ${known.reason}`, memberId: id })
    else if (row && rowText(known.row ?? {}) !== rowText(row))
      found.push({
        what: `the ledger has other identifiers: ${short(known.row ?? {})}, not ${short(row)}`,
        memberId: id,
      })
    else if (!row && known.state !== 'unusable' && known.state !== 'retained' && scene.keeping === 'mirror')
      found.push({ what: `is unusable and the ledger says ${known.state}`, memberId: id })
    else if (!row && known.state === 'unusable' && !known.reason)
      found.push({ what: 'is unusable and the ledger does not say why', memberId: id })
    if (known?.state === 'retained') checkRetained(known)
  }
  if (scene.keeping === 'add_only') return found
  for (const left of rows.values()) {
    if (left.state === 'retained') checkRetained(left)
    else found.push({ what: `left, and the ledger says ${left.state}`, memberKey: left.key })
  }
  return found

  function checkRetained({ key, row }: LedgerRow): void {
    if (scene.keeping === 'mirror' && !(row && strongOf(row).some((one) => strongWanted.has(one))))
      found.push({ what: 'is retained and shares nothing with anybody in the audience', memberKey: key })
  }
}

/** A list that the sync left after taking its people out holds nobody. */
async function compareEmptied(world: World, scene: Scene): Promise<Divergence[]> {
  const current = await currentList(world, scene)
  const found: Divergence[] = []
  for (const listId of scene.emptied) {
    if (listId === current) continue
    const { length } = await heldMembers(world, listId)
    if (length > 0) found.push({ what: `the list before (${listId}) was to be emptied and holds ${length}` })
  }
  return found
}

/** What must not be there any more when the dust has settled. */
async function leftovers({ sql }: World, { audienceId, syncId, syncNo }: Scene): Promise<Divergence[]> {
  return steadily(async () => {
    const rows = await sql<{ what: string; n: number }[]>`
      select 'runs that have not ended' as what, count(*)::int as n from run
        where audience_id = ${audienceId} and (status in ('requested', 'running') or settled_at is null)
      union all select 'deliveries that have not ended', count(*)::int from delivery
        where sync_id = ${syncId} and (settled_at is null or status in ('planned', 'hashing', 'uploading', 'held'))
      union all select 'batches without a last word', count(*)::int from batch where sync_no = ${syncNo} and final_at is null
      union all select 'changes that wait for nothing', count(*)::int from change c join delivery d on d.id = c.delivery_id
        where d.sync_id = ${syncId}`
    return rows.filter(({ n }) => n > 0).map(({ what, n }) => ({ what: `${n} ${what}` }))
  })
}

export async function currentList({ sql }: World, { syncId }: Scene): Promise<string> {
  return steadily(async () => {
    const [row] = await sql<{ list: string }[]>`select list_id as list from sync where id = ${syncId}`
    return row?.list ?? ''
  })
}

const names = new Map<number, string>(Object.entries(identifiers).map(([name, { code }]) => [code, name]))

async function readLedger({ sql }: World, { syncNo }: Scene): Promise<LedgerRow[]> {
  const rows = await steadily(
    () => sql<{ key: string; state: string; identifiers: Buffer | null; reason: string | null }[]>`
      select member_key as key, state, identifiers, reason from ledger_member where sync_no = ${syncNo}`,
  )
  return rows.map(({ key, state, identifiers, reason }) => ({
    key,
    state,
    reason,
    row: identifiers ? rowOf(identifiers) : undefined,
  }))
}

export const rowOf = (packed: Buffer): Row =>
  Object.fromEntries(
    unpack(packed).map(([code, sent]) => {
      const name = names.get(code) ?? String(code)
      return [name, name === 'DATA_PROCESSING_OPTIONS' ? [sent] : sent]
    }),
  )

/** A row with its hashes cut short. */
export const short = (row: Row): string =>
  Object.entries(row)
    .map(([name, value]) => `${name} ${String(value).slice(0, 8)}`)
    .join(', ')
