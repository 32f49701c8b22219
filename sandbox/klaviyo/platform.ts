import type { Clock } from '../clock.ts'
import type { Store } from '../keep/store.ts'
import type { ListInfo, Platform } from '../platform.ts'
import { changeAccount, describeAccount, makeAccount } from './accounts.ts'
import { errorAnswer, refuse } from './api-error.ts'
import { openCall } from './call.ts'
import { restoreProfiles } from './event-profiles.ts'
import { forget } from './lists.ts'
import type { KlaviyoState, List } from './state.ts'
import { startState } from './state.ts'

/** Klaviyo's API for lists, profiles, their imports and events. Only events have a past. */
export function startKlaviyo(clock: Clock, store: Store): Platform {
  const state = startState(clock, store)
  restoreProfiles(state)
  const living = (id: string): List | undefined => {
    const list = state.lists.get(id)
    return list?.deleted ? undefined : list
  }
  return {
    open: (arrival) => openCall(state, arrival),
    tooLarge: () => errorAnswer(refuse.tooLarge('5MB')),
    broken: () => errorAnswer(refuse.server(500)),
    makeAccount: (known) => makeAccount(state, known),
    changeAccount: (id, changes) => changeAccount(state, id, changes),
    accounts: () => [...state.accounts.values()].map(describeAccount),
    lists: () => [...state.lists.values()].filter(({ deleted }) => !deleted).map((list) => show(state, list)),
    list: (id) => {
      const list = living(id)
      return list && show(state, list)
    },
    events: state.events,
    listActions: {
      delete: (id) => {
        const list = living(id)
        if (list) forget(state, list)
      },
    },
  }
}

/** A list as it is shown: what names each of its profiles. */
function show(state: KlaviyoState, { id, name, rows }: List): ListInfo {
  return {
    id,
    name,
    rows: {
      size: rows.size,
      page: (after, limit) => {
        const page = rows.page(after, limit)
        const members = page.members.map((row) => ({ ...row, ...state.profiles.get(String(row.id))?.identifiers }))
        return { members, next: page.next }
      },
    },
  }
}
