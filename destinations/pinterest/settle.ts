import type { Open, Settled } from '../define.ts'
import type { PinterestConnection } from './connection.ts'
import { type CustomerList, isBusy, refusedIn, statusOf } from './list-facts.ts'
import { readCustomerList } from './lists.ts'

const MINUTE = 60_000
const LEAST_WAIT_MS = 10 * MINUTE
const MOST_WAIT_MS = 6 * 60 * MINUTE

const totalOf = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((all, count) => all + count, 0)

/** How often the list was changed, this batch included, and how many records were refused until then. */
export const referenceOf = (list: CustomerList): string => `${list.num_batches ?? ''}/${totalOf(refusedIn(list))}`

/**
 * Asks whether the list is worked through. Pinterest tells of no batch and of nobody by name: members stay accepted. Its count
 * of refused records is of the whole list; what it grew by is this batch's where the list was not changed after it.
 */
export async function settle(connection: PinterestConnection, open: Open): Promise<Settled> {
  const list = await readCustomerList(connection, open.listId)
  if (isBusy(list)) return { state: 'pending', askAgainAfterMs: waitOf(open) }
  const counts = refusedIn(list)
  const grown = grownBy(open, list, totalOf(counts))
  const status = statusOf(list)
  return {
    state: 'accepted',
    received: open.rows,
    ...(grown !== undefined && { refused: grown }),
    ...(grown && { reasons: { 'Pinterest could not use the record': grown } }),
    notes: {
      ...(status !== null && { 'Status of the list': status }),
      ...Object.fromEntries(Object.entries(counts).map(([reason, count]) => [`${reason}, in the whole list`, count])),
    },
  }
}

function waitOf({ sentAt }: Open): number {
  return Math.min(MOST_WAIT_MS, Math.max(LEAST_WAIT_MS, (Date.now() - sentAt.getTime()) / 2))
}

function grownBy({ reference, rows }: Open, list: CustomerList, total: number): number | undefined {
  const [, batches, before] = /^([0-9]+)\/([0-9]+)$/.exec(reference) ?? []
  if (batches === undefined || Number(batches) !== list.num_batches) return undefined
  const grown = total - Number(before)
  return grown >= 0 && grown <= rows ? grown : undefined
}
