import { bearer } from '../bearer.ts'
import { parseJson } from '../json.ts'
import { accessState } from '../oauth-tokens.ts'
import type { Answer, Arrival, Call, Disturbance, Refusal, RefusalDetails } from '../platform.ts'
import { oauthOperations, refuseOauth, runOauth } from './oauth.ts'
import type { Context, Outcome } from './operation.ts'
import type { Operation, OperationName } from './operations.ts'
import { operations, routes } from './operations.ts'
import { countCall } from './rate-limit.ts'
import { byStatus, errorAnswer, RestError, refuse } from './rest-error.ts'
import type { Account, LinkedInState } from './state.ts'
import { checkVersion } from './versions.ts'

export function openCall(state: LinkedInState, arrival: Arrival): Call {
  return arrival.path.startsWith('/oauth/') ? openOauth(state, arrival) : openRest(state, arrival)
}

function openOauth(state: LinkedInState, arrival: Arrival): Call {
  const names: Record<string, { name: string }> = oauthOperations
  return {
    operation: (Object.hasOwn(names, arrival.path) ? names[arrival.path]?.name : undefined) ?? 'unknown',
    perform: () => runOauth(state, arrival),
    refuse: refuseOauth,
  }
}

/** A path as the routes know it, with the id that stood in it. */
interface Target {
  route: string
  id: string | undefined
}

function openRest(state: LinkedInState, arrival: Arrival): Call {
  const target = readPath(arrival.path)
  const methods = Object.hasOwn(routes, target.route) ? routes[target.route] : undefined
  const name = methods && Object.hasOwn(methods, arrival.method) ? methods[arrival.method] : undefined
  return {
    operation: name ?? 'unknown',
    perform: (disturbance) =>
      answering(() => {
        const { caller, account } = admit(state, arrival)
        if (methods === undefined) throw refuse.path(arrival.path.slice(0, 200))
        if (name === undefined) throw refuse.method(`The method ${arrival.method} is not supported by this resource`)
        countCall(account, name, state.clock.now())
        return run(state, arrival, { caller, target, name, disturbance })
      }),
    refuse: refuseCall,
  }
}

function readPath(path: string): Target {
  if (!path.startsWith('/rest/')) return { route: '', id: undefined }
  let id: string | undefined
  const parts = path.slice('/rest/'.length).split('/')
  const named = parts.map((part, index) => {
    if (index !== 1 || !/^\d{1,18}$/.test(part)) return part
    id = part
    return '{id}'
  })
  return { route: `/${named.join('/')}`, id }
}

/** Token, version and protocol, in the order in which LinkedIn's gateway seems to look at them. */
function admit(state: LinkedInState, { headers }: Arrival): { caller: Account[]; account: Account } {
  const token = bearer(headers)
  if (token === undefined) throw refuse.noToken()
  const now = state.clock.now()
  const caller = [...state.accounts.values()].filter(({ tokens }) => accessState(tokens, token, now) !== undefined)
  const account = caller[0]
  if (account === undefined) throw refuse.badToken()
  if (caller.some(({ tokens }) => accessState(tokens, token, now) === 'expired')) throw refuse.expiredToken()
  checkVersion(headers['linkedin-version'], now)
  if (headers['x-restli-protocol-version'] !== '2.0.0')
    throw refuse.parameter('The header X-Restli-Protocol-Version must be 2.0.0')
  return { caller, account }
}

interface Admitted {
  caller: Account[]
  target: Target
  name: OperationName
  disturbance: Disturbance
}

function run(state: LinkedInState, arrival: Arrival, { caller, target, name, disturbance }: Admitted): Outcome {
  const operation: Operation = operations[name]
  if (caller.some(({ scopes }) => !operation.needs.some((scope) => scopes.includes(scope))))
    throw refuse.denied(`${target.route.slice(1)}.${arrival.method}`)
  const { query, headers } = arrival
  const context: Context = { state, accounts: caller, query, headers, body: bodyOf(arrival), disturbance }
  if (operation.on === 'nothing') return operation.run(context)
  if (operation.on === 'account') {
    const account = caller.find(({ id }) => id === target.id)
    if (account === undefined) throw refuse.denied(`urn:li:sponsoredAccount:${target.id}`)
    return operation.run({ ...context, account })
  }
  const segment = target.id === undefined ? undefined : state.segments.get(target.id)
  const account = caller.find(({ id }) => id === segment?.accountId)
  if (segment === undefined || segment.deleted || account === undefined)
    throw refuse.missing(`DMP segment ${target.id} was not found.`)
  return operation.run({ ...context, account, segment })
}

function bodyOf({ method, headers, body }: Arrival): unknown {
  if (method !== 'POST') return undefined
  if (!/^application\/json\b/i.test(headers['content-type'] ?? ''))
    throw refuse.contentType('The content type of the request must be application/json')
  const value = parseJson(body)
  if (value === undefined) throw refuse.parameter('Cannot parse request entity')
  return value
}

function answering(act: () => Answer): Answer {
  try {
    return act()
  } catch (error) {
    if (error instanceof RestError) return errorAnswer(error.parts)
    throw error
  }
}

/** What a fault answers. `code` is the serviceErrorCode, `reason` the code in words. */
function refuseCall(refusal: Refusal, { code, status, reason }: RefusalDetails): Answer {
  const answers: Record<Refusal, () => RestError> = {
    throttled: () => refuse.throttled(reason === 'DAY' ? 'DAY' : 'MINUTE'),
    server_error: () => refuse.internal(),
    expired_token: refuse.expiredToken,
    permission: () => refuse.denied('dmpSegments'),
    list_deleted: () => refuse.missing('DMP segment was not found.'),
    list_flagged: refuse.ineligible,
    bad_request:
      reason === 'VERSION_MISSING' ? refuse.noVersion : (byStatus[status ?? 400] ?? (() => refuse.internal())),
  }
  const { parts } = answers[refusal]()
  return errorAnswer({
    ...parts,
    status: status ?? parts.status,
    code: refusal === 'throttled' ? parts.code : (reason ?? parts.code),
    serviceErrorCode: code ?? parts.serviceErrorCode,
  })
}
