import type { Clock } from '../clock.ts'
import type { Store } from '../keep/store.ts'
import type { ListInfo, Platform } from '../platform.ts'
import { changeAccount, describeAccount, makeAccount } from './accounts.ts'
import { openCall } from './call.ts'
import { expireMembers, shownRows } from './membership.ts'
import { stateByProperty } from './property-state.ts'
import type { GoogleState, UserList } from './state.ts'
import { startState } from './state.ts'
import { errorAnswer, refuse } from './status-error.ts'
import { forget } from './user-lists.ts'

/**
 * Google's Data Manager API for customer lists of Google Ads and events of Google Analytics, and the token endpoint
 * beside it. Of it only the events outlive a restart.
 */
export function startGoogle(clock: Clock, store: Store): Platform {
  const state = startState(clock, store)
  return {
    open: (arrival) => openCall(state, arrival),
    tooLarge: () => errorAnswer(refuse.tooLarge().parts),
    broken: () => errorAnswer(refuse.service('INTERNAL').parts),
    makeAccount: (known, origin) => makeAccount(state, known, origin),
    changeAccount: (id, changes) => changeAccount(state, id, changes),
    accounts: () => [...state.accounts.values()].map(describeAccount),
    lists: () => [...state.lists.values()].filter(({ deleted }) => !deleted).map((list) => show(state, list)),
    list: (id) => {
      const list = living(state, id)
      return list && show(state, list)
    },
    events: { page: state.events.page, state: stateByProperty(state.events) },
    listActions: {
      delete: onList(state, forget),
      flag: onList(state, (list) => {
        list.sensitive = true
      }),
      unflag: onList(state, (list) => {
        list.sensitive = false
      }),
      close: onList(state, (list) => {
        list.membershipStatus = 'CLOSED'
        list.closedBySystem = true
      }),
      open: onList(state, (list) => {
        list.membershipStatus = 'OPEN'
        list.closedBySystem = false
      }),
    },
  }
}

function living(state: GoogleState, id: string): UserList | undefined {
  const list = state.lists.get(id)
  return list?.deleted ? undefined : list
}

function onList(state: GoogleState, act: (list: UserList) => void): (id: string) => void {
  return (id) => {
    const list = living(state, id)
    if (list) act(list)
  }
}

function show(state: GoogleState, list: UserList): ListInfo {
  expireMembers(state, list)
  return { id: list.id, name: list.displayName, rows: shownRows(list) }
}
