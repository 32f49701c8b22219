import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common'
import type { Problem } from '../db/schema/index.ts'
import type { DestinationFailure, FailureKind } from '../destinations/failure.ts'

/** Types of the failures that a workflow tells apart. */
export const failureTypes = { stageLost: 'StageLost', waiting: 'Waiting' } as const

/** The snapshot's tables are gone or short: PostgreSQL emptied them in a crash. Nobody left; the snapshot is taken again. */
export const stageLost = () =>
  ApplicationFailure.nonRetryable('the staged snapshot is gone: it is taken again', failureTypes.stageLost)

/** Not now, and nobody's fault: tried again after so long. */
export const waitFor = (ms: number, message: string) =>
  ApplicationFailure.create({
    message,
    type: failureTypes.waiting,
    nextRetryDelay: Math.max(1, Math.ceil(ms)),
    category: ApplicationFailureCategory.BENIGN,
  })

const whoseMove: Record<FailureKind, string> = {
  retry: 'nobody: it is tried again',
  throttled: 'nobody: it goes on when the platform lets it',
  auth: 'whoever looks after the account at the platform',
  config: 'whoever looks after this sync',
}
const nextMove: Record<FailureKind, string> = {
  retry: 'Nothing to do. If it lasts, check the destination.',
  throttled: 'Nothing to do.',
  auth: 'Check the destination and reconnect it; its syncs go on by themselves.',
  config: 'Check the sync, its list and its mapping, then sync again.',
}

/** A platform's failure as people read it with the delivery, the sync or the destination. */
export function problemOf(failure: DestinationFailure): Problem {
  return {
    code: failure.listGone ? 'list_gone' : failure.kind,
    what: failure.code ? `${failure.message} (${failure.code})` : failure.message,
    whose: whoseMove[failure.kind],
    next: failure.listGone
      ? 'Choose another list, or create this one again (POST /v1/syncs/{id}/recreate-list).'
      : nextMove[failure.kind],
    at: new Date().toISOString(),
  }
}

/** A list that is to be emptied is not found, and nobody says that it was deleted: it may still hold everybody. */
export const unseenList = (failure: DestinationFailure): Problem => ({
  ...problemOf(failure),
  whose: whoseMove.auth,
  next: 'If the list is still there, give the credentials access to it again: the emptying is tried again by itself. If it was deleted, delete the sync with DELETE /v1/syncs/{id}?members=keep.',
})

export const problem = (code: string, what: string, whose: string, next: string): Problem => ({
  code,
  what,
  whose,
  next,
  at: new Date().toISOString(),
})
