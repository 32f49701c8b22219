import type { Clock } from '../clock.ts'
import type { Store } from '../keep/store.ts'
import type { Platform } from '../platform.ts'
import { changeAccount, describeAccount, makeAccount } from './accounts.ts'
import { forget } from './audiences.ts'
import { openCall } from './call.ts'
import { envelope, sentence } from './envelope.ts'
import type { Audience } from './state.ts'
import { startState } from './state.ts'

const PROCESSING_MS = 30 * 60_000

/** TikTok's Business API for audiences that members are streamed into, and its Events API. Of it only the events outlive a restart. */
export function startTikTok(clock: Clock, store: Store): Platform {
  const state = startState(clock, store)
  const living = (id: string): Audience | undefined => {
    const audience = state.audiences.get(id)
    return audience?.deleted ? undefined : audience
  }
  const onAudience = (act: (audience: Audience) => void) => (id: string) => {
    const audience = living(id)
    if (audience) act(audience)
  }
  return {
    open: (arrival) => openCall(state, arrival),
    tooLarge: () => envelope(40000, 'The request body is too large', {}, undefined, 413),
    broken: () => envelope(50000, sentence(50000), {}, undefined, 500),
    makeAccount: (known) => makeAccount(state, known),
    changeAccount: (id, changes) => changeAccount(state, id, changes),
    accounts: () => [...state.accounts.values()].map(describeAccount),
    lists: () => [...state.audiences.values()].filter(({ deleted }) => !deleted),
    list: living,
    events: state.events,
    listActions: {
      delete: onAudience(forget),
      process: onAudience((audience) => {
        audience.processingUntil = clock.now() + PROCESSING_MS
      }),
      finish: onAudience((audience) => {
        audience.processingUntil = 0
      }),
      expire: onAudience((audience) => {
        audience.changedAt = 0
      }),
    },
  }
}
