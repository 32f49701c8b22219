import { isObject } from '../json.ts'
import { readCompanyElement } from './company-element.ts'
import type { Outcome, SegmentContext } from './operation.ts'
import { restliMethod } from './operation.ts'
import { refuse } from './rest-error.ts'
import { countAdded, settle } from './segment-status.ts'
import { checkWriter } from './segments.ts'
import type { SegmentType } from './state.ts'
import type { ReadElement } from './user-element.ts'
import { readUserElement } from './user-element.ts'

export const MOST_ELEMENTS = 5_000

const readers: Record<SegmentType, (input: unknown) => ReadElement> = {
  USER: readUserElement,
  COMPANY: readCompanyElement,
}

export const changeUsers = (context: SegmentContext) => changeMembers(context, 'USER')
export const changeCompanies = (context: SegmentContext) => changeMembers(context, 'COMPANY')

function changeMembers(context: SegmentContext, type: SegmentType): Outcome {
  const { state, account, segment, body, headers } = context
  checkWriter(account)
  // A young segment has no members yet to be found, although it can be read.
  if (state.clock.now() < segment.createdAt + account.freshSeconds * 1_000)
    throw refuse.missing(`DMP segment ${segment.id} was not found.`)
  if (segment.type !== type) throw refuse.parameter(`DMP segment ${segment.id} is of type ${segment.type}, not ${type}`)
  const method = restliMethod(headers)
  if (method === 'BATCH_CREATE') return changeMany(context, type, elementsOf(body))
  if (method === undefined || method === 'CREATE') return changeOne(context, type)
  throw refuse.parameter(`X-RestLi-Method: ${method.slice(0, 40)} is not supported by this resource`)
}

function elementsOf(body: unknown): unknown[] {
  if (!isObject(body) || !Array.isArray(body.elements))
    throw refuse.parameter('ERROR :: /elements :: field is required but not found and has no default value')
  if (body.elements.length > MOST_ELEMENTS)
    throw refuse.parameter(`Batch size ${body.elements.length} is larger than the maximum of ${MOST_ELEMENTS}`)
  return body.elements
}

function changeMany(context: SegmentContext, type: SegmentType, inputs: unknown[]): Outcome {
  const { disturbance } = context
  let toReject = disturbance.rejectRows
  let invalid = 0
  const elements = apply(context, inputs.map(readers[type]), (element, batchIndex) => {
    const fault =
      typeof element === 'string' ? element : toReject-- > 0 ? (disturbance.reason ?? 'Invalid element') : null
    if (fault === null) return { status: 201 }
    invalid++
    return { status: 400, batchIndex, error: { status: 400, code: 'ILLEGAL_ARGUMENT', message: fault } }
  })
  return { status: 200, body: { elements }, note: { received: inputs.length, invalid } }
}

/** Without the batch header the body is one element, and a bad one refuses the call. */
function changeOne(context: SegmentContext, type: SegmentType): Outcome {
  const element = readers[type](context.body)
  const { rejectRows, reason } = context.disturbance
  const fault = typeof element === 'string' ? element : rejectRows > 0 ? (reason ?? 'Invalid element') : null
  if (fault !== null) throw refuse.parameter(fault)
  apply(context, [element], () => ({ status: 201 }))
  return { status: 201, note: { received: 1, invalid: 0 } }
}

/** Judges each element, in order, and takes those that are judged good. */
function apply(
  { state, segment }: SegmentContext,
  elements: ReadElement[],
  judge: (element: ReadElement, index: number) => { status: number },
): unknown[] {
  settle(state, segment)
  let added = 0
  let changed = false
  const verdicts = elements.map((element, index) => {
    const verdict = judge(element, index)
    if (verdict.status !== 201 || typeof element === 'string') return verdict
    changed = true
    if (element.action === 'REMOVE') segment.rows.remove(element.cells)
    else {
      segment.rows.add(element.cells, element.description)
      added++
    }
    return verdict
  })
  if (changed) {
    segment.contentAt = state.clock.now()
    segment.firstContentAt ??= segment.contentAt
    segment.modifiedAt = segment.contentAt
    countAdded(state, segment, added)
  }
  return verdicts
}
