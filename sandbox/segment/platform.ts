import type { Clock } from '../clock.ts'
import type { Store } from '../keep/store.ts'
import type { Platform } from '../platform.ts'
import { changeAccount, describeAccount, makeAccount } from './accounts.ts'
import { errorAnswer, refuse } from './api-error.ts'
import { openCall } from './call.ts'
import { startState } from './state.ts'

/** Segment's HTTP tracking API, with the state that the store has kept. */
export function startSegment(clock: Clock, store: Store): Platform {
  const state = startState(clock, store)
  return {
    open: (arrival) => openCall(state, arrival),
    tooLarge: () => errorAnswer(refuse.bad('request is too large')),
    broken: () => errorAnswer(refuse.server()),
    makeAccount: (known) => makeAccount(state, known),
    changeAccount: (id, changes) => changeAccount(state, id, changes),
    accounts: () => [...state.accounts.values()].map(describeAccount),
    lists: () => [],
    list: () => undefined,
    listActions: {},
    events: state.events,
  }
}
