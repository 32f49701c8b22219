import type { Answer, Arrival, Call, Refusal, RefusalDetails } from '../platform.ts'
import { troubles } from './event-troubles.ts'
import { errorAnswer, GraphError, refuse } from './graph-error.ts'
import { keepAccount, keepAudience } from './kept-state.ts'
import type { Operation, OperationName } from './operations.ts'
import { edges, kindOf, operations } from './operations.ts'
import type { Parameters } from './parameters.ts'
import { readParameters } from './parameters.ts'
import { countCall, usage, usageHeader } from './rate-limit.ts'
import type { Account, Audience, MetaState } from './state.ts'
import type { Caller } from './token.ts'
import { authenticate } from './token.ts'
import { servedVersions, versionState } from './versions.ts'

/** The parts of `/{version}/{node}/{edge}`. */
interface Target {
  version: string
  node: string
  edge: string
  rest: string[]
}

/** What can be told of a request before anything is checked. A body that cannot be read is told when it is performed. */
interface Reading {
  target: Target
  method: string
  parameters: Parameters
  unreadable: GraphError | undefined
  name: OperationName | undefined
}

export function openCall(state: MetaState, arrival: Arrival): Call {
  const reading = read(state, arrival)
  return {
    operation: reading.name ?? 'unknown',
    perform: ({ rejectRows }) => answering(() => perform(state, arrival, reading, rejectRows)),
    refuse: (refusal, details) => refuseCall(state, arrival, reading, refusal, details),
  }
}

function read(state: MetaState, arrival: Arrival): Reading {
  const [version = '', node = '', edge = '', ...rest] = arrival.path.split('/').slice(1)
  const target = { version, node, edge, rest: rest.filter((part) => part !== '') }
  let parameters: Parameters = new Map(arrival.query)
  let unreadable: GraphError | undefined
  try {
    parameters = readParameters(arrival.method, arrival.query, arrival.headers, arrival.body)
  } catch (error) {
    if (!(error instanceof GraphError)) throw error
    unreadable = error
  }
  const method = overriddenMethod(arrival.method, parameters)
  return { target, method, parameters, unreadable, name: operationName(state, target, method) }
}

/** A POST may say `method=DELETE` (or GET) among its parameters. */
function overriddenMethod(method: string, parameters: Parameters): string {
  const wanted = parameters.get('method')
  return method === 'POST' && typeof wanted === 'string' ? wanted.toUpperCase() : method
}

function operationName(state: MetaState, { node, edge, rest }: Target, method: string): OperationName | undefined {
  if (rest.length > 0) return undefined
  const onNode = edges[kindOf(state, node, edge)]
  const methods = Object.hasOwn(onNode, edge) ? onNode[edge] : undefined
  return methods && Object.hasOwn(methods, method) ? methods[method] : undefined
}

function answering(act: () => Answer): Answer {
  try {
    return act()
  } catch (error) {
    if (error instanceof GraphError) return errorAnswer(error.parts)
    throw error
  }
}

function perform(state: MetaState, arrival: Arrival, reading: Reading, rejectRows: number): Answer {
  const { target, parameters, name, unreadable } = reading
  checkVersion(target)
  const caller = authenticate(state, arrival.headers, parameters)
  const { account, audience } = resolve(state, caller, target)
  const run = () => {
    if (unreadable) throw unreadable
    if (name === undefined) throw unknownEdge(state, target)
    const operation: Operation = operations[name]
    checkRights(account, operation)
    checkAlive(audience, operation)
    const address = { url: `${arrival.origin}${arrival.path}`, token: caller.token }
    const context = { state, account, parameters, address, rejectRows }
    if (operation.on !== 'audience') return operation.run(context)
    if (audience === undefined) throw refuse.missing(target.node)
    return operation.run({ ...context, audience })
  }
  // UNVERIFIED what events count towards; in the sandbox they use up nothing.
  const answer = name === 'send_events' ? answering(() => ({ status: 200, ...run() })) : withUsage(state, account, run)
  keepAccount(state, account)
  if (audience) keepAudience(state, audience)
  return answer
}

/** Refuses an account that has used up its hour; else counts the call and sends the usage along, with an error too. */
function withUsage(state: MetaState, account: Account, run: () => { body: unknown; note?: Answer['note'] }): Answer {
  const before = usage(state, account)
  if (before.percent >= 100) return { ...errorAnswer(refuse.throttled().parts), headers: usageHeader(account, before) }
  countCall(state, account)
  const answer = answering(() => ({ status: 200, ...run() }))
  return { ...answer, headers: usageHeader(account, usage(state, account)) }
}

function checkVersion({ version, node, edge, rest }: Target): void {
  const served = versionState(version)
  if (served === 'retired') throw refuse.versionRetired(servedVersions[0])
  if (served === 'unknown')
    throw refuse.path(`/${[version, node, edge, ...rest].filter((part) => part !== '').join('/')}`)
}

/** The node that is addressed, as far as the token may see it. */
function resolve(state: MetaState, { accounts }: Caller, { node }: Target): { account: Account; audience?: Audience } {
  const audience = state.audiences.get(node)
  const accountId = node.startsWith('act_') ? node.slice(4) : audience?.accountId
  const account = node === 'me' ? accounts[0] : accounts.find(({ id, pixelId }) => id === accountId || pixelId === node)
  if (account === undefined) throw refuse.missing(node.slice(0, 80))
  return audience === undefined ? { account } : { account, audience }
}

function unknownEdge(state: MetaState, { node, edge, rest }: Target): GraphError {
  const known = Object.hasOwn(edges[kindOf(state, node, edge)], edge) && rest.length === 0
  return known ? refuse.missing(node) : refuse.path(`/${[edge, ...rest].join('/').slice(0, 200)}`)
}

function checkRights(account: Account, { needs, needsTerms }: Operation): void {
  const manages = account.permissions.has('ads_management')
  if (needs === 'ads_management' && !manages) throw refuse.mayNotManage()
  if (needs === 'ads_read' && !manages && !account.permissions.has('ads_read')) throw refuse.mayNotRead()
  if (!needsTerms) return
  if (!account.businessLinked) throw refuse.notLinked()
  if (!account.termsAccepted) throw refuse.termsNotAccepted()
}

/** UNVERIFIED which answer a deleted audience gives where: edits are told of the deletion, everything else finds nothing. */
function checkAlive(audience: Audience | undefined, operation: Operation): void {
  if (!audience?.deleted) return
  throw operation.on === 'audience' && operation.changesMembers ? refuse.audienceDeleted() : refuse.missing(audience.id)
}

const THROTTLED_MINUTES = 5

/** What a fault answers. The HTTP status of throttling is unknown: 400 unless the fault says otherwise. */
function refuseCall(
  state: MetaState,
  arrival: Arrival,
  { target, parameters, name }: Reading,
  refusal: Refusal,
  { regainMinutes, code, subcode, status }: RefusalDetails,
): Answer {
  const answers: Record<Refusal, () => GraphError> = {
    throttled: name === 'send_events' ? refuse.tooManyCalls : refuse.throttled,
    server_error: () => refuse.temporary(),
    expired_token: refuse.expiredToken,
    permission: refuse.mayNotManage,
    list_deleted: refuse.audienceDeleted,
    list_flagged: () => refuse.flagged(1713230),
    bad_request: () =>
      name === 'send_events' ? refuse.event(troubles.orderedByFault) : refuse.parameter('Invalid parameter'),
  }
  const { parts } = answers[refusal]()
  const answer = errorAnswer({
    ...parts,
    code: code ?? parts.code,
    subcode: subcode ?? parts.subcode,
    status: status ?? parts.status,
  })
  if (refusal !== 'throttled') return answer
  const account = findAccount(state, arrival, target, parameters)
  if (account === undefined) return answer
  return {
    ...answer,
    headers: usageHeader(account, { percent: 100, regainMinutes: Math.ceil(regainMinutes ?? THROTTLED_MINUTES) }),
  }
}

function findAccount(state: MetaState, arrival: Arrival, target: Target, parameters: Parameters): Account | undefined {
  try {
    return resolve(state, authenticate(state, arrival.headers, parameters), target).account
  } catch (error) {
    if (error instanceof GraphError) return undefined
    throw error
  }
}
