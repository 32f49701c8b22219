import type { HeldRows } from '../held-rows.ts'
import type { Store } from '../keep/store.ts'
import type { MetaState } from './state.ts'

/** Keys that name a person alone. */
const strongKeys = new Set(['EMAIL', 'PHONE', 'EXTERN_ID', 'MADID'])

/** The rows that are kept under a name. */
export function heldRows(store: Store, id: string): HeldRows {
  return store.rows(id, (key) => strongKeys.has(key))
}

export function newRows({ store, newId }: MetaState): HeldRows {
  return heldRows(store, newId())
}
