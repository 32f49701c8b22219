import { currentWindow } from '../fixed-window.ts'
import type { Answer, Arrival, Call, Disturbance, Refusal, RefusalDetails } from '../platform.ts'
import { ApiError, errorAnswer, refuse } from './api-error.ts'
import { readCall } from './read-call.ts'
import { readRequest } from './read-request.ts'
import type { Account, SegmentState } from './state.ts'

/** The path of each operation, and the type of its one call; a batch names the type of each. */
const operations: Record<string, { name: string; type: string | undefined }> = {
  '/v1/batch': { name: 'batch', type: undefined },
  '/v1/track': { name: 'track', type: 'track' },
  '/v1/identify': { name: 'identify', type: 'identify' },
}

const MOST_CALLS = 2_500
const SECOND_MS = 1_000

export function openCall(state: SegmentState, arrival: Arrival): Call {
  const operation = Object.hasOwn(operations, arrival.path) ? operations[arrival.path] : undefined
  return {
    operation: operation?.name ?? 'unknown',
    perform: (disturbance) => {
      try {
        if (operation === undefined) throw refuse.path()
        if (arrival.method !== 'POST') throw refuse.method()
        return take(state, arrival, operation.type, disturbance)
      } catch (error) {
        if (error instanceof ApiError) return errorAnswer(error)
        throw error
      }
    },
    refuse: refuseCall,
  }
}

/** A good answer says nothing of what became of the calls: also an unknown key gets it, and everything is dropped. */
function take(state: SegmentState, arrival: Arrival, type: string | undefined, disturbance: Disturbance): Answer {
  const { writeKey, hasPassword, calls, common } = readRequest(arrival, type)
  const account = [...state.accounts.values()].find((each) => each.writeKey === writeKey)
  if (account) countCall(state, account)
  const ofAll = troubleOfAll(account, hasPassword)
  const stream = account?.id ?? ''
  const now = state.clock.now()
  let toReject = disturbance.rejectRows
  let dropped = 0
  for (const [index, sent] of calls.entries()) {
    const { event, trouble } = readCall(sent, { stream, now, common })
    const reason = ofAll ?? (index < MOST_CALLS ? trouble : `beyond the ${MOST_CALLS} messages of a batch`)
    const rejected = reason === undefined && toReject-- > 0 ? (disturbance.reason ?? 'refused by a fault') : undefined
    if (state.events.take(event, reason ?? rejected) === 'dropped') dropped++
  }
  return { status: 200, body: { success: true }, note: { received: calls.length, invalid: dropped } }
}

function troubleOfAll(account: Account | undefined, hasPassword: boolean): string | undefined {
  if (account === undefined) return 'unknown write key'
  if (account.keyRevoked) return 'revoked write key'
  return hasPassword ? 'the password is not empty' : undefined
}

function countCall(state: SegmentState, account: Account): void {
  const second = currentWindow(account.calls, SECOND_MS, state.clock.now())
  if (second.count >= account.secondLimit) throw refuse.throttled(1)
  account.calls = { ...second, count: second.count + 1 }
}

function refuseCall(refusal: Refusal, { regainMinutes, status, reason }: RefusalDetails): Answer {
  const answers: Record<Refusal, ApiError> = {
    throttled: refuse.throttled((regainMinutes ?? 0) * 60),
    server_error: refuse.server(),
    // UNVERIFIED: Segment itself answers 200 and drops; a compatible server may refuse.
    expired_token: refuse.key(),
    permission: refuse.permission(),
    list_deleted: refuse.path(),
    list_flagged: refuse.permission(),
    bad_request: refuse.bad('malformed JSON'),
  }
  const error = answers[refusal]
  return errorAnswer(new ApiError(error.status, reason ?? error.message, error.headers), status)
}
