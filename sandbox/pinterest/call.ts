import { bearer } from '../bearer.ts'
import { currentWindow } from '../fixed-window.ts'
import { parseJson } from '../json.ts'
import { accessState } from '../oauth-tokens.ts'
import type { Answer, Arrival, Call, Disturbance, Refusal, RefusalDetails } from '../platform.ts'
import { ApiError, errorAnswer, refuse } from './api-error.ts'
import { refreshToken } from './oauth.ts'
import type { Operation } from './operations.ts'
import { operations } from './operations.ts'
import type { Account, PinterestState } from './state.ts'

const MINUTE_MS = 60_000

export function openCall(state: PinterestState, arrival: Arrival): Call {
  if (arrival.path === '/v5/oauth/token' && arrival.method === 'POST')
    return {
      operation: 'refresh_token',
      perform: () => answering(() => refreshToken(state, arrival)),
      refuse: refuseCall,
    }
  const target = readPath(arrival.path)
  const methods = target && Object.hasOwn(operations, target.route) ? operations[target.route] : undefined
  const operation = methods && Object.hasOwn(methods, arrival.method) ? methods[arrival.method] : undefined
  return {
    operation: operation?.name ?? 'unknown',
    perform: (disturbance) =>
      answering(() => {
        const accounts = authenticate(state, arrival)
        if (target === undefined || methods === undefined) throw refuse.path()
        if (operation === undefined) throw refuse.method()
        const account = accounts.find(({ id }) => id === target.accountId)
        if (account === undefined || !account.scopes.includes(operation.needs)) throw refuse.denied()
        countCall(account, state.clock.now())
        return run(state, arrival, { account, id: target.id, operation, disturbance })
      }),
    refuse: refuseCall,
  }
}

function readPath(path: string): { accountId: string; route: string; id: string } | undefined {
  const [, accountId, collection = '', id = ''] = /^\/v5\/ad_accounts\/(\d+)(\/[a-z_]+)?(?:\/(\d+))?$/.exec(path) ?? []
  if (accountId === undefined) return undefined
  return { accountId, route: id === '' ? collection : `${collection}/{id}`, id }
}

function authenticate(state: PinterestState, { headers }: Arrival): Account[] {
  const token = bearer(headers) ?? ''
  const now = state.clock.now()
  const accounts = [...state.accounts.values()].filter(({ tokens }) => accessState(tokens, token, now) === 'valid')
  if (accounts.length === 0) throw refuse.token()
  return accounts
}

function countCall(account: Account, now: number): void {
  const minute = currentWindow(account.calls, MINUTE_MS, now)
  if (minute.count >= account.minuteLimit) throw refuse.throttled()
  account.calls = { ...minute, count: minute.count + 1 }
}

interface Admitted {
  account: Account
  id: string
  operation: Operation
  disturbance: Disturbance
}

function run(state: PinterestState, arrival: Arrival, { account, id, operation, disturbance }: Admitted): Answer {
  const body = arrival.method === 'GET' ? undefined : parseJson(arrival.body)
  return operation.run({ state, account, id, query: arrival.query, body, disturbance })
}

function answering(act: () => Answer): Answer {
  try {
    return act()
  } catch (error) {
    if (error instanceof ApiError) return errorAnswer(error)
    throw error
  }
}

function refuseCall(refusal: Refusal, { code, status, reason }: RefusalDetails): Answer {
  const answers: Record<Refusal, ApiError> = {
    throttled: refuse.throttled(),
    server_error: refuse.unavailable(),
    expired_token: refuse.token(),
    permission: refuse.denied(),
    list_deleted: refuse.missing('Customer list'),
    list_flagged: refuse.denied(),
    bad_request: refuse.parameter('Invalid request.'),
  }
  const error = answers[refusal]
  return errorAnswer({ status: status ?? error.status, code: code ?? error.code, message: reason ?? error.message })
}
