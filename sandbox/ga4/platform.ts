import type { Clock } from '../clock.ts'
import type { Store } from '../keep/store.ts'
import type { ListInfo, Platform } from '../platform.ts'
import { changeAccount, describeAccount, makeAccount } from './accounts.ts'
import { errorAnswer, refuse } from './admin-error.ts'
import { peopleOf } from './audience-people.ts'
import { openCall } from './call.ts'
import type { Audience } from './state.ts'
import { keepAudience, startState } from './state.ts'
import { eventsOf } from './state-of-audience.ts'

/** GA4's Measurement Protocol and the audiences of its Admin API, with the state that the store has kept. */
export function startGa4(clock: Clock, store: Store): Platform {
  const state = startState(clock, store)
  const living = (id: string): Audience | undefined => {
    const audience = state.audiences.get(id)
    return audience?.deleted ? undefined : audience
  }
  const show = (audience: Audience): ListInfo => ({
    id: audience.id,
    name: audience.body.displayName,
    rows: peopleOf(state, audience),
  })
  return {
    open: (arrival) => openCall(state, arrival),
    tooLarge: () => ({ status: 413 }),
    broken: () => errorAnswer(refuse.server()),
    makeAccount: (known) => makeAccount(state, known),
    changeAccount: (id, changes) => changeAccount(state, id, changes),
    accounts: () => [...state.accounts.values()].map(describeAccount),
    lists: () => [...state.audiences.values()].filter(({ deleted }) => !deleted).map(show),
    list: (id) => {
      const audience = living(id)
      return audience && show(audience)
    },
    listActions: {
      delete: (id) => {
        const audience = living(id)
        if (audience) keepAudience(state, { ...audience, deleted: true })
      },
    },
    events: eventsOf(state),
  }
}
