import type { Answer, Arrival, Call, Disturbance, Refusal, RefusalDetails } from '../platform.ts'
import { AdminError, errorAnswer, refuse } from './admin-error.ts'
import { createAudience, listAudiences, propertyOf, readAudience } from './audiences.ts'
import { collect, validate } from './collect.ts'
import type { Ga4State } from './state.ts'

type Perform = (state: Ga4State, arrival: Arrival, disturbance: Disturbance) => Answer

const protocol: Record<string, { operation: string; perform: Perform }> = {
  '/mp/collect': { operation: 'collect', perform: collect },
  '/debug/mp/collect': { operation: 'validate', perform: validate },
}

export function openCall(state: Ga4State, arrival: Arrival): Call {
  const known = Object.hasOwn(protocol, arrival.path) ? protocol[arrival.path] : undefined
  if (known === undefined) return adminCall(state, arrival)
  return {
    operation: known.operation,
    perform: (disturbance) =>
      arrival.method === 'POST' ? known.perform(state, arrival, disturbance) : { status: 405 },
    refuse: refuseProtocol,
  }
}

function adminCall(state: Ga4State, arrival: Arrival): Call {
  const [, propertyId = '', id] = /^\/v1alpha\/properties\/(\d+)\/audiences(?:\/(\d+))?$/.exec(arrival.path) ?? []
  const operation = operationOf(arrival.method, propertyId, id)
  return {
    operation,
    perform: () =>
      answering(() => {
        if (propertyId === '') throw refuse.missing()
        const account = propertyOf(state, arrival, propertyId)
        if (operation === 'create_audience') return createAudience(state, account, arrival)
        if (operation === 'list_audiences') return listAudiences(state, account, arrival)
        if (operation === 'read_audience') return readAudience(state, account, id ?? '')
        throw refuse.method()
      }),
    refuse: refuseAdmin,
  }
}

function operationOf(method: string, propertyId: string, id: string | undefined): string {
  if (propertyId === '') return 'unknown'
  if (method === 'GET') return id === undefined ? 'list_audiences' : 'read_audience'
  return method === 'POST' && id === undefined ? 'create_audience' : 'unknown'
}

function answering(act: () => Answer): Answer {
  try {
    return act()
  } catch (error) {
    if (error instanceof AdminError) return errorAnswer(error)
    throw error
  }
}

/** The protocol itself tells of nothing; what stands before it may still fail. A wrong secret loses the events without a word. */
function refuseProtocol(refusal: Refusal, { status, regainMinutes }: RefusalDetails): Answer {
  const statuses: Record<Refusal, number> = {
    throttled: 429,
    server_error: 503,
    expired_token: 204,
    permission: 204,
    list_deleted: 204,
    list_flagged: 204,
    bad_request: 400,
  }
  const wait = regainMinutes === undefined ? undefined : String(Math.round(regainMinutes * 60))
  return { status: status ?? statuses[refusal], headers: wait === undefined ? {} : { 'retry-after': wait } }
}

function refuseAdmin(refusal: Refusal, { status, reason }: RefusalDetails): Answer {
  const answers: Record<Refusal, AdminError> = {
    throttled: refuse.throttled(),
    server_error: refuse.server(),
    expired_token: refuse.token(),
    permission: refuse.denied(),
    list_deleted: refuse.missing(),
    list_flagged: refuse.denied(),
    bad_request: refuse.argument('Request contains an invalid argument.'),
  }
  const error = answers[refusal]
  return errorAnswer(new AdminError(error.code, error.status, reason ?? error.message), status)
}
