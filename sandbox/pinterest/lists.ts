import { z } from 'zod'
import type { Answer, Disturbance } from '../platform.ts'
import { refuse } from './api-error.ts'
import type { Context } from './operation.ts'
import { listOf, page, read } from './operation.ts'
import { isUsable, listTypes, splitRecords } from './records.ts'
import type { CustomerList, PinterestState } from './state.ts'
import { emptyRows } from './state.ts'

/** How long records are taken over and looked at: a choice, the lag is UNVERIFIED. */
export const UPLOAD_MS = 10_000
export const PROCESS_MS = 5 * 60_000
const FEWEST_MATCHED = 100

const creation = z.strictObject({
  name: z.string().trim().min(1),
  records: z.string(),
  list_type: z.enum(listTypes).optional(),
  exceptions: z.unknown().optional(),
})

export function createList(context: Context): Answer {
  const { state, account, body, disturbance } = context
  const { name, records, list_type: type = 'EMAIL' } = read(creation, body)
  const now = state.clock.now()
  const list: CustomerList = {
    id: state.newId(),
    accountId: account.id,
    name,
    type,
    createdAt: now,
    contentAt: now,
    batches: 0,
    uploaded: 0,
    removed: 0,
    invalid: 0,
    deleted: false,
    rows: emptyRows(),
  }
  const note = takeRecords(state, list, { operation: 'ADD', records, disturbance })
  state.lists.set(list.id, list)
  return { status: 200, body: describeList(state, list), note }
}

const update = z.strictObject({
  operation_type: z.enum(['ADD', 'REMOVE']),
  records: z.string(),
  exceptions: z.unknown().optional(),
})

export function updateList(context: Context): Answer {
  const { state, id, body, disturbance } = context
  const list = listOf(context, id)
  const { operation_type: operation, records } = read(update, body)
  const note = takeRecords(state, list, { operation, records, disturbance })
  return { status: 200, body: describeList(state, list), note }
}

interface Batch {
  operation: 'ADD' | 'REMOVE'
  records: string
  disturbance: Disturbance
}

/** Everything is taken; a record of no use shows up in counts, later. The counters know no set, the list does. */
function takeRecords(
  state: PinterestState,
  list: CustomerList,
  { operation, records, disturbance }: Batch,
): { received: number; invalid: number } {
  const all = splitRecords(records)
  if (all.length === 0) throw refuse.parameter('records must be one string of comma-separated records')
  let toReject = disturbance.rejectRows
  let invalid = 0
  for (const record of all) {
    if (!isUsable(list.type, record) || toReject-- > 0) invalid++
    else if (operation === 'ADD') list.rows.add([[list.type, record]])
    else list.rows.remove([[list.type, record]])
  }
  list.contentAt = state.clock.now()
  list.batches++
  list.invalid += invalid
  if (operation === 'ADD') list.uploaded += all.length
  else list.removed += all.length
  return { received: all.length, invalid }
}

export function readList(context: Context): Answer {
  return { status: 200, body: describeList(context.state, listOf(context, context.id)) }
}

/** Newest first, or in the order that is asked for. */
export function readLists({ state, account, query }: Context): Answer {
  const own = [...state.lists.values()].filter(({ accountId, deleted }) => accountId === account.id && !deleted)
  const order = query.get('order') ?? 'DESCENDING'
  if (order !== 'ASCENDING' && order !== 'DESCENDING') throw refuse.parameter('order must be ASCENDING or DESCENDING')
  const { items, bookmark } = page(order === 'ASCENDING' ? own : own.reverse(), query)
  return { status: 200, body: { items: items.map((list) => describeList(state, list)), bookmark } }
}

export function matched({ accounts }: PinterestState, list: CustomerList): number {
  return Math.floor(list.rows.size * (accounts.get(list.accountId)?.matchRate ?? 1))
}

export function statusOf(
  state: PinterestState,
  list: CustomerList,
): 'UPLOADING' | 'PROCESSING' | 'READY' | 'TOO_SMALL' {
  const age = state.clock.now() - list.contentAt
  if (age < UPLOAD_MS) return 'UPLOADING'
  if (age < PROCESS_MS) return 'PROCESSING'
  return matched(state, list) < FEWEST_MATCHED ? 'TOO_SMALL' : 'READY'
}

function describeList(state: PinterestState, list: CustomerList): Record<string, unknown> {
  const status = statusOf(state, list)
  const isDone = status === 'READY' || status === 'TOO_SMALL'
  return {
    ad_account_id: list.accountId,
    id: list.id,
    type: 'customerlist',
    name: list.name,
    status,
    num_batches: list.batches,
    num_uploaded_user_records: list.uploaded,
    num_removed_user_records: list.removed,
    exceptions: isDone && list.invalid > 0 ? { invalid_records: list.invalid } : {},
    created_time: Math.floor(list.createdAt / 1_000),
    updated_time: Math.floor(list.contentAt / 1_000),
  }
}

export function forget(list: CustomerList): void {
  list.deleted = true
  list.rows = emptyRows()
}
