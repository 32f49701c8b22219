import type { Database } from '../connect.ts'
import type { SyncList } from '../schema/sync.ts'
import { withSessionLock } from './session-lock.ts'
import { findHolder, type Holder, type SyncRow, switchList, updateSync } from './sync.ts'

/** A sync whose list is gone, and what the list was called. */
export type Bereft = Pick<SyncRow, 'id' | 'no' | 'account' | 'keeping'> & { readonly listName: string }

/**
 * Gives a sync a new list in the place of one that is gone; everybody is sent to it by the next run. The intent is stored
 * first, so that `make` finds at the platform what an interrupted attempt made. `busy`: another process is at it.
 */
export async function replaceList(
  { sql, orm }: Pick<Database, 'sql' | 'orm'>,
  { id, no, account, keeping, listName }: Bereft,
  make: () => Promise<SyncList>,
): Promise<'done' | 'busy' | Holder> {
  return withSessionLock(sql, `recreate list ${id}`, async () => {
    await updateSync(orm, id, { listWanted: listName }, { raise: false })
    const list = await make()
    return orm.transaction(async (tx) => {
      const holder = await findHolder(tx, { account, listId: list.id, keeping, syncId: id })
      if (holder) return holder
      await switchList(tx, { id, no }, list)
      return 'done'
    })
  })
}
