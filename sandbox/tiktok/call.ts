import { isObject, parseJson } from '../json.ts'
import type { Answer, Arrival, Call, Disturbance, Refusal, RefusalDetails } from '../platform.ts'
import { EnvelopeError, envelope, invalid, notEditable, sentence } from './envelope.ts'
import type { Operation } from './operations.ts'
import { operations } from './operations.ts'
import { countCall } from './rate-limit.ts'
import type { Account, TikTokState } from './state.ts'

const SERVED = 'v1.3'

export function openCall(state: TikTokState, arrival: Arrival): Call {
  const [, version, path] = /^\/open_api\/(v\d+(?:\.\d+)?)(\/.*)$/.exec(arrival.path) ?? []
  const operation = path !== undefined && Object.hasOwn(operations, path) ? operations[path] : undefined
  return {
    operation: operation?.name ?? 'unknown',
    perform: (disturbance) => {
      // A path that nothing is served at, also one without its slash, is not even answered with an envelope.
      if (version === undefined || operation === undefined) return { status: 404 }
      if (operation.method !== arrival.method) return { status: 405 }
      return answering(() => perform(state, arrival, version, operation, disturbance))
    },
    refuse: refuseCall,
  }
}

function perform(
  state: TikTokState,
  arrival: Arrival,
  version: string,
  operation: Operation,
  disturbance: Disturbance,
): Answer {
  if (version !== SERVED) throw new EnvelopeError(40006)
  const { accounts, account } = authenticate(state, arrival)
  countCall(account, operation.lane, state.clock.now())
  if (operation.ofAudiences && accounts.some(({ mayUseAudiences }) => !mayUseAudiences)) throw new EnvelopeError(40001)
  const input = operation.method === 'GET' ? readQuery(arrival.query) : readBody(arrival)
  return operation.run({ state, accounts, input, disturbance })
}

function authenticate(state: TikTokState, { headers }: Arrival): { accounts: Account[]; account: Account } {
  const token = headers['access-token']
  if (typeof token !== 'string' || token === '') throw new EnvelopeError(40104)
  const accounts = [...state.accounts.values()].filter(({ accessToken }) => accessToken === token)
  const account = accounts[0]
  if (account === undefined || accounts.some(({ tokenExpired }) => tokenExpired)) throw new EnvelopeError(40105)
  return { accounts, account }
}

/** Lists come as JSON text in a query. */
function readQuery(query: URLSearchParams): Record<string, unknown> {
  return Object.fromEntries(
    [...query].map(([name, value]) => [name, value.startsWith('[') ? (parseJson(value) ?? value) : value]),
  )
}

function readBody({ headers, body }: Arrival): Record<string, unknown> {
  if (!/^application\/json\b/i.test(headers['content-type'] ?? ''))
    throw invalid('The content type must be application/json')
  const value = parseJson(body)
  if (!isObject(value)) throw invalid('The body must be a JSON object')
  return value
}

function answering(act: () => Answer): Answer {
  try {
    return act()
  } catch (error) {
    if (error instanceof EnvelopeError) return envelope(error.code, error.message)
    throw error
  }
}

/** What a fault answers: HTTP 200 with a code inside, unless it asks for another status. */
function refuseCall(refusal: Refusal, { code, status, reason }: RefusalDetails): Answer {
  const answers: Record<Refusal, EnvelopeError> = {
    throttled: new EnvelopeError(40100),
    server_error: new EnvelopeError(50000),
    expired_token: new EnvelopeError(40105),
    permission: new EnvelopeError(40001),
    list_deleted: new EnvelopeError(40007),
    list_flagged: notEditable(),
    bad_request: new EnvelopeError(40002),
  }
  const error = answers[refusal]
  const message = reason ?? (code === undefined ? error.message : sentence(code))
  return envelope(code ?? error.code, message, {}, undefined, status)
}
