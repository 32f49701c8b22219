import { consentError } from './consent.ts'
import type { Target } from './destinations.ts'
import { checkLists, checkReferences, missing, readTargets } from './destinations.ts'
import type { MemberKind } from './member-kinds.ts'
import { memberKinds } from './member-kinds.ts'
import type { Member } from './members.ts'
import { readMembers } from './members.ts'
import { expireMembers, noteAdd } from './membership.ts'
import type { Message, Shape } from './message.ts'
import { inner, readMessage, text } from './message.ts'
import type { Context, Outcome } from './operation.ts'
import { ingestRequest, removeAllRequest, removeRequest } from './shapes.ts'
import type { TakenDestination } from './state.ts'
import { emptyRows } from './state.ts'
import type { Violation } from './status-error.ts'
import { newRequestId, refuse } from './status-error.ts'
import type { Handling } from './take-request.ts'
import { processRows, takeRequest } from './take-request.ts'

export function ingestMembers(context: Context): Outcome {
  const request = readBody(ingestRequest, context.body)
  const violations: Violation[] = []
  const { targets, kind, members } = readUpload(context, request, violations, true)
  checkTerms(targets, request, kind, violations)
  if (violations.length > 0 || kind === undefined) throw refuse.violations(violations)
  if (request.validateOnly === true) return { body: { requestId: newRequestId() }, note: { received: members.length } }
  const consent = inner(request, 'consent')
  const destinations = targets.map((target) =>
    processMembers(context, target, members, {
      refusal: (member) => consentError(target.account, consent, member),
      act: (member) => {
        target.list.rows.add(member.cells, noteAdd(context.state, target.list))
      },
    }),
  )
  return takeRequest(context, { what: 'ingest', kind }, { targets, destinations })
}

export function removeMembers(context: Context): Outcome {
  const request = readBody(removeRequest, context.body)
  const violations: Violation[] = []
  const { targets, kind, members } = readUpload(context, request, violations, false)
  if (violations.length > 0 || kind === undefined) throw refuse.violations(violations)
  if (request.validateOnly === true) return { body: { requestId: newRequestId() }, note: { received: members.length } }
  const destinations = targets.map((target) =>
    processMembers(context, target, members, {
      refusal: () => undefined,
      act: (member) => target.list.rows.remove(member.cells),
    }),
  )
  return takeRequest(context, { what: 'remove', kind }, { targets, destinations })
}

/** UNVERIFIED: its body and its status. */
export function removeAllMembers(context: Context): Outcome {
  const request = readBody(removeAllRequest, context.body)
  const violations: Violation[] = []
  const targets = readTargets(context, request, violations)
  for (const { index, list } of targets)
    if (list.sensitive)
      violations.push({
        field: `destinations[${index}].product_destination_id`,
        description: 'A user list which is privacy sensitive or legal rejected cannot be mutated by external users.',
        reason: 'SENSITIVE_USER_LIST_IMMUTABLE',
      })
  if (violations.length > 0) throw refuse.violations(violations)
  if (request.validateOnly === true) return { body: { requestId: newRequestId() } }
  const destinations = targets.map(({ sent, list }): TakenDestination => {
    expireMembers(context.state, list)
    const records = list.rows.size
    list.rows = emptyRows()
    return { destination: sent, records, identifiers: records, errors: {}, warnings: {} }
  })
  const uploadKeyType = targets[0]?.list.uploadKeyType
  const kind = Object.entries(memberKinds).find(([, known]) => known.uploadKeyType === uploadKeyType)?.[0]
  const told = kind === 'mobileData' || kind === 'userIdData' ? kind : 'userData'
  return takeRequest(context, { what: 'remove_all', kind: told }, { targets, destinations })
}

function processMembers(
  { state, disturbance }: Context,
  target: Target,
  members: readonly Member[],
  handling: Handling<Member>,
): TakenDestination {
  expireMembers(state, target.list)
  return processRows(disturbance, target, members, handling)
}

export function readBody(shape: Shape, body: unknown): Message {
  const violations: Violation[] = []
  const request = readMessage(shape, body ?? {}, '', violations)
  if (violations.length > 0) throw refuse.payload(violations)
  return request
}

function readUpload(
  context: Context,
  request: Message,
  violations: Violation[],
  adds: boolean,
): { targets: Target[]; kind: MemberKind | undefined; members: Member[] } {
  const targets = readTargets(context, request, violations)
  const { kind, members } = readMembers(request, violations)
  if (kind !== undefined) checkLists(targets, kind, adds, violations)
  const encoding = text(request, 'encoding')
  if (kind === 'userData' && (encoding === '' || encoding === 'ENCODING_UNSPECIFIED'))
    violations.push(missing('encoding'))
  if (request.encryptionInfo !== undefined && kind === 'userData')
    violations.push({
      field: 'encryption_info',
      description: 'The sandbox takes hashed identifiers only: it can decrypt nothing.',
      reason: 'INVALID_ARGUMENT',
    })
  for (const [index, { references }] of members.entries())
    checkReferences(references, targets, `audience_members[${index}]`, violations)
  return { targets, kind, members }
}

function checkTerms(
  targets: readonly Target[],
  request: Message,
  kind: MemberKind | undefined,
  violations: Violation[],
): void {
  for (const { index, account } of targets)
    if (!account.allowlisted)
      violations.push({
        field: `destinations[${index}]`,
        description: 'The account is not allowlisted for the given feature.',
        reason: 'NOT_ALLOWLISTED',
      })
  if (kind === 'userIdData') return
  const said = text(inner(request, 'termsOfService'), 'customerMatchTermsOfServiceStatus')
  if (said === 'ACCEPTED' && targets.every(({ account }) => account.termsAccepted)) return
  violations.push({
    field: 'terms_of_service.customer_match_terms_of_service_status',
    description: 'Required terms and conditions are not accepted.',
    reason: 'TERMS_AND_CONDITIONS_NOT_SIGNED',
  })
}
