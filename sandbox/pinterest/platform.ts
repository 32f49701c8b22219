import type { Clock } from '../clock.ts'
import type { Platform } from '../platform.ts'
import { changeAccount, describeAccount, makeAccount } from './accounts.ts'
import { errorAnswer, refuse } from './api-error.ts'
import { openCall } from './call.ts'
import { forget } from './lists.ts'
import type { CustomerList } from './state.ts'
import { startState } from './state.ts'

/** Pinterest's customer lists and the audiences of them, with empty state. */
export function startPinterest(clock: Clock): Platform {
  const state = startState(clock)
  const living = (id: string): CustomerList | undefined => {
    const list = state.lists.get(id)
    return list?.deleted ? undefined : list
  }
  return {
    open: (arrival) => openCall(state, arrival),
    tooLarge: () => errorAnswer(refuse.bodyTooLarge()),
    broken: () => errorAnswer(refuse.unavailable(500)),
    makeAccount: (known) => makeAccount(state, known),
    changeAccount: (id, changes) => changeAccount(state, id, changes),
    accounts: () => [...state.accounts.values()].map((account) => describeAccount(state, account)),
    lists: () => [...state.lists.values()].filter(({ deleted }) => !deleted),
    list: living,
    listActions: {
      delete: (id) => {
        const list = living(id)
        if (list) forget(list)
      },
    },
  }
}
