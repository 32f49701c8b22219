import type { Description } from '../held-rows.ts'
import type { GoogleState, UserList } from './state.ts'

const ADDED_AT = 'addedAt'

/** Notes that a row is added now; what it returns goes into the row's description. */
export function noteAdd(state: GoogleState, list: UserList): Description {
  const now = state.clock.now()
  if (list.rows.size === 0) list.oldestAdd = now
  return { [ADDED_AT]: now }
}

/** Lets those fall out whose last add is longer ago than the list's membership duration. */
export function expireMembers(state: GoogleState, list: UserList): void {
  const since = state.clock.now() - list.membershipDuration
  if (list.oldestAdd > since) return
  let oldest = Number.MAX_SAFE_INTEGER
  list.rows.dropWhere((description) => {
    const addedAt = Number(description?.[ADDED_AT] ?? 0)
    if (addedAt > since) oldest = Math.min(oldest, addedAt)
    return addedAt <= since
  })
  list.oldestAdd = oldest
}

/** The list's rows as they are shown: when a row was added is not part of it. */
export function shownRows(list: UserList): Pick<UserList['rows'], 'size' | 'page'> {
  return {
    size: list.rows.size,
    page: (after, limit) => {
      const { members, next } = list.rows.page(after, limit)
      return { members: members.map(({ [ADDED_AT]: _, ...identifiers }) => identifiers), next }
    },
  }
}
