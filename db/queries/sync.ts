import { and, eq, inArray, isNull, ne, or, type SQL, sql } from 'drizzle-orm'
import { audience } from '../schema/audience.ts'
import { delivery } from '../schema/delivery.ts'
import { destination } from '../schema/destination.ts'
import { type SyncList, sync } from '../schema/sync.ts'
import { forgetLedger } from './forget-sync.ts'
import type { OrmRunner } from './orm-runner.ts'
import { beyond, newestFirst, type Page } from './page.ts'

export type SyncRow = typeof sync.$inferSelect
export type SyncWithNames = SyncRow & {
  readonly destination: {
    id: string
    name: string
    platform: string
    status: 'connected' | 'needs_attention'
    settings: Record<string, unknown>
  }
  readonly audience: {
    id: string
    name: string
    status: 'draft' | 'active' | 'archiving' | 'archived'
    paused: boolean
  }
}

const withNames = (orm: OrmRunner) =>
  orm
    .select({
      sync,
      destination: {
        id: destination.id,
        name: destination.name,
        platform: destination.platform,
        status: destination.status,
        settings: destination.settings,
      },
      audience: { id: audience.id, name: audience.name, status: audience.status, paused: audience.paused },
    })
    .from(sync)
    .innerJoin(destination, eq(destination.id, sync.destinationId))
    .innerJoin(audience, eq(audience.id, sync.audienceId))

type Joined = { sync: SyncRow } & Pick<SyncWithNames, 'destination' | 'audience'>
const flat = ({ sync: row, ...names }: Joined): SyncWithNames => ({ ...row, ...names })

/** A sync that was not deleted. */
export async function findSync(orm: OrmRunner, id: string): Promise<SyncWithNames | undefined> {
  const [row] = await withNames(orm).where(and(eq(sync.id, id), isNull(sync.deletedAt)))
  return row && flat(row)
}

export async function listSyncs(
  orm: OrmRunner,
  { audienceId, destinationId, after, limit }: Page & { audienceId?: string; destinationId?: string },
): Promise<SyncWithNames[]> {
  const rows = await withNames(orm)
    .where(
      and(
        isNull(sync.deletedAt),
        audienceId === undefined ? undefined : eq(sync.audienceId, audienceId),
        destinationId === undefined ? undefined : eq(sync.destinationId, destinationId),
        beyond(sync.createdAt, sync.id, after),
      ),
    )
    .orderBy(...newestFirst(sync.createdAt, sync.id))
    .limit(limit + 1)
  return rows.map(flat)
}

/** All live syncs of an audience; there are few. */
export const syncsOfAudience = (orm: OrmRunner, audienceId: string): Promise<SyncWithNames[]> =>
  syncsWhere(orm, and(eq(sync.audienceId, audienceId), isNull(sync.deletedAt)))

export async function syncsWhere(orm: OrmRunner, condition: SQL | undefined): Promise<SyncWithNames[]> {
  const rows = await withNames(orm).where(condition).orderBy(sync.no)
  return rows.map(flat)
}

/** Whoever else fills this list, or is on the way to it: the names to tell. */
export type Holder = { syncId: string; audience: string; keeping: 'mirror' | 'add_only' }

/** A list and who wants to use it how. `syncId` is the sync itself, which does not stand in its own way. */
export type Claim = {
  readonly account: string
  readonly listId: string
  readonly keeping: 'mirror' | 'add_only'
  readonly syncId?: string
}

/**
 * Says which sync forbids the claim: a list belongs to one mirror, and to nobody else beside it. Claims of one list wait
 * for each other until the transaction ends.
 */
export async function findHolder(tx: OrmRunner, claim: Claim): Promise<Holder | undefined> {
  const { account, listId, keeping, syncId } = claim
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`list ${account} ${listId}`}::text, 0))`)
  const [row] = await tx
    .select({ syncId: sync.id, audience: audience.name, keeping: sync.keeping })
    .from(sync)
    .innerJoin(audience, eq(audience.id, sync.audienceId))
    .where(
      and(
        isNull(sync.deletedAt),
        eq(sync.account, account),
        or(eq(sync.listId, listId), sql`${sync.nextList} ->> 'id' = ${listId}::text`),
        syncId === undefined ? undefined : ne(sync.id, syncId),
        keeping === 'mirror' ? undefined : eq(sync.keeping, 'mirror'),
      ),
    )
    .limit(1)
  return row
}

export async function createSync(orm: OrmRunner, values: typeof sync.$inferInsert): Promise<SyncRow> {
  const [row] = await orm.insert(sync).values(values).returning()
  if (!row) throw new Error('The database answered the insert of a sync without a row.')
  return row
}

/** A sync of this audience and destination that made, or was about to make, a list of this name. */
export async function findSyncByWantedList(
  orm: OrmRunner,
  { audienceId, destinationId, name }: { audienceId: string; destinationId: string; name: string },
): Promise<SyncRow | undefined> {
  const [row] = await orm
    .select()
    .from(sync)
    .where(
      and(
        eq(sync.audienceId, audienceId),
        eq(sync.destinationId, destinationId),
        isNull(sync.deletedAt),
        or(eq(sync.listWanted, name), and(eq(sync.listCreated, true), eq(sync.listName, name))),
      ),
    )
  return row
}

/** Changes settings of a sync. With `raise` its version goes up: a delivery of the settings before stops. */
export async function updateSync(
  orm: OrmRunner,
  id: string,
  values: Partial<Omit<SyncRow, 'id' | 'no' | 'version'>>,
  { raise }: { raise: boolean },
): Promise<SyncRow | undefined> {
  const [row] = await orm
    .update(sync)
    .set({ ...values, ...(raise && { version: sql`${sync.version} + 1` }), updatedAt: sql`now()` })
    .where(and(eq(sync.id, id), isNull(sync.deletedAt)))
    .returning()
  return row
}

/** Takes a sync that never got its list away again. */
export async function deleteUnfinishedSync(orm: OrmRunner, id: string): Promise<void> {
  await orm.delete(sync).where(and(eq(sync.id, id), isNull(sync.listId)))
}

/** Whether a sync's destination holds, or may hold, anybody. */
export async function holdsMembers(orm: OrmRunner, no: number): Promise<boolean> {
  const [row] = await orm
    .select({
      holds: sql<boolean>`exists (select from ledger l where l.sync_no = ${no} and l.state <> 'unusable')`,
    })
    .from(sync)
    .where(eq(sync.no, no))
  return row?.holds ?? false
}

/** Whether a delivery of this sync is at work now (one that is held is not). */
export async function isDelivering(orm: OrmRunner, syncId: string): Promise<boolean> {
  const found = await orm.$count(
    delivery,
    and(eq(delivery.syncId, syncId), inArray(delivery.status, ['planned', 'hashing', 'uploading'])),
  )
  return found > 0
}

/** The columns that say which list a sync fills. */
export const columnsOf = ({ id, name, created, accepts, forgetsAfterMs }: SyncList) => ({
  listId: id,
  listName: name,
  listCreated: created,
  listAccepts: accepts,
  listForgetsAfterMs: forgetsAfterMs,
})

/** Points a sync at another list and forgets what it knew of the one before, whose members stay there. */
export async function switchList(
  tx: OrmRunner,
  { id, no }: Pick<SyncRow, 'id' | 'no'>,
  list: SyncList,
): Promise<SyncRow | undefined> {
  await forgetLedger(tx, no, 'list_changed')
  return updateSync(
    tx,
    id,
    {
      ...columnsOf(list),
      listDeletedAt: null,
      listCheckedAt: null,
      listCheckAt: null,
      listWanted: null,
      problem: null,
      resync: false,
    },
    { raise: true },
  )
}
