import type { Clock } from '../clock.ts'
import type { Store } from '../keep/store.ts'
import type { Platform } from '../platform.ts'
import { changeAccount, describeAccount, makeAccount } from './accounts.ts'
import { openCall } from './call.ts'
import { startState } from './state.ts'

/** Receivers of webhooks by the Standard Webhooks specification, with the state that the store has kept. */
export function startWebhook(clock: Clock, store: Store): Platform {
  const state = startState(clock, store)
  return {
    open: (arrival) => openCall(state, arrival),
    tooLarge: () => ({ status: 413, body: { error: 'the body is too large' } }),
    broken: () => ({ status: 500, body: { error: 'the sandbox itself failed' } }),
    makeAccount: (known, origin) => makeAccount(state, known, origin),
    changeAccount: (id, changes) => changeAccount(state, id, changes),
    accounts: () => [...state.accounts.values()].map((account) => describeAccount(state, account)),
    lists: () => [],
    list: () => undefined,
    listActions: {},
    events: state.events,
  }
}
