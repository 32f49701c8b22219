import type { Clock } from '../clock.ts'
import type { Store } from '../keep/store.ts'
import type { ListInfo, Platform } from '../platform.ts'
import { changeAccount, describeAccount, makeAccount } from './accounts.ts'
import { forget } from './audiences.ts'
import { openCall } from './call.ts'
import { errorAnswer, refuse } from './graph-error.ts'
import { keepAudience } from './kept-state.ts'
import type { Audience } from './state.ts'
import { startState } from './state.ts'
import { peopleOf } from './website-people.ts'

/** Meta's Marketing API for custom audiences and its Conversions API, with the state that the store has kept. */
export function startMeta(clock: Clock, store: Store): Platform {
  const state = startState(clock, store)
  const living = (id: string): Audience | undefined => {
    const audience = state.audiences.get(id)
    return audience?.deleted ? undefined : audience
  }
  const show = (audience: Audience): ListInfo => ({
    id: audience.id,
    name: audience.name,
    rows: peopleOf(state, audience),
  })
  const onAudience = (act: (audience: Audience) => void) => (id: string) => {
    const audience = living(id)
    if (!audience) return
    act(audience)
    keepAudience(state, audience)
  }
  return {
    open: (arrival) => openCall(state, arrival),
    tooLarge: () => errorAnswer(refuse.bodyTooLarge().parts),
    broken: () => errorAnswer(refuse.temporary().parts),
    makeAccount: (known) => makeAccount(state, known),
    changeAccount: (id, changes) => changeAccount(state, id, changes),
    accounts: () => [...state.accounts.values()].map(describeAccount),
    lists: () => [...state.audiences.values()].filter(({ deleted }) => !deleted).map(show),
    list: (id) => {
      const audience = living(id)
      return audience && show(audience)
    },
    events: state.events,
    listActions: {
      delete: onAudience((audience) => forget(state, audience)),
      flag: onAudience((audience) => {
        audience.flagged = true
      }),
      unflag: onAudience((audience) => {
        audience.flagged = false
      }),
      'add-lookalike': onAudience((audience) => {
        audience.lookalikes++
      }),
    },
  }
}
