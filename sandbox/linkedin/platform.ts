import type { Clock } from '../clock.ts'
import type { Platform } from '../platform.ts'
import { changeAccount, describeAccount, makeAccount } from './accounts.ts'
import { openCall } from './call.ts'
import { errorAnswer, refuse } from './rest-error.ts'
import { forget } from './segments.ts'
import type { Condition, Segment } from './state.ts'
import { startState } from './state.ts'

/** LinkedIn's DMP segments and the part of its authorisation server that they need, with empty state. */
export function startLinkedIn(clock: Clock): Platform {
  const state = startState(clock)
  const living = (id: string): Segment | undefined => {
    const segment = state.segments.get(id)
    return segment?.deleted ? undefined : segment
  }
  const onSegment = (act: (segment: Segment) => void) => (id: string) => {
    const segment = living(id)
    if (segment) act(segment)
  }
  const putInto = (condition: Condition | null) =>
    onSegment((segment) => {
      segment.condition = condition
    })
  return {
    open: (arrival) => openCall(state, arrival),
    tooLarge: () => errorAnswer(refuse.bodyTooLarge().parts),
    broken: () => errorAnswer(refuse.internal().parts),
    makeAccount: (known) => makeAccount(state, known),
    changeAccount: (id, changes) => changeAccount(state, id, changes),
    accounts: () => [...state.accounts.values()].map((account) => describeAccount(state, account)),
    lists: () => [...state.segments.values()].filter(({ deleted }) => !deleted),
    list: living,
    listActions: {
      delete: onSegment(forget),
      archive: putInto('ARCHIVED'),
      expire: putInto('EXPIRED'),
      fail: putInto('FAILED'),
      error: putInto('ERROR'),
      restore: putInto(null),
    },
  }
}
