import { z } from 'zod'
import type { Batch, Receipt } from '../define.ts'
import { DestinationFailure } from '../failure.ts'
import { failureOf, unreadable } from '../meaning.ts'
import { attempt, type Fault } from './calls.ts'
import type { LinkedInConnection } from './connection.ts'
import { LIST_GONE, meaningOf, NOT_YET } from './error-table.ts'
import { readList } from './lists.ts'
import { isOfCompanies, membersBody } from './members-body.ts'
import { segmentPath } from './segment-path.ts'

/** LinkedIn takes members of a new segment after a minute or two; we wait so long. */
const FRESH_MS = 5 * 60_000

// One status per element, in the order sent. What an element's error says is not read: it can quote the value.
const answered = z.object({ elements: z.array(z.object({ status: z.coerce.number() })) })

/** Adds or removes the members of a batch; LinkedIn answers with a status for each. */
export async function upload(connection: LinkedInConnection, batch: Batch): Promise<Receipt> {
  const result = await attempt(connection, {
    method: 'POST',
    path: `${segmentPath(batch.listId)}/${isOfCompanies(batch) ? 'companies' : 'users'}`,
    restLiMethod: 'BATCH_CREATE',
    body: membersBody(batch),
    subject: 'members',
    reply: answered,
  })
  if ('fault' in result) throw await failureAt(connection, batch, result.fault)
  const { elements } = result.reply
  // A truncated answer says nothing about those whom it leaves out.
  if (elements.length !== batch.members.length)
    throw failureOf('LinkedIn', unreadable('LinkedIn'), { code: 'answers-missing' })
  const trouble = elements.find(({ status }) => status === 429 || status >= 500)
  if (trouble)
    throw failureOf('LinkedIn', meaningOf(trouble.status, undefined, 'members'), { code: `element ${trouble.status}` })
  const rejected = new Map<string, string>()
  for (const [at, { status }] of elements.entries()) {
    const member = batch.members[at]
    if (member && status >= 300) rejected.set(member.key, `LinkedIn refused this member (status ${status})`)
  }
  return {
    state: 'confirmed',
    received: batch.members.length,
    refused: rejected.size,
    ...(rejected.size > 0 && { rejected, reasons: countsOf(rejected.values()) }),
  }
}

async function failureAt(connection: LinkedInConnection, batch: Batch, fault: Fault): Promise<DestinationFailure> {
  const { named: code, meaning, status } = fault
  if (status === 404 && (await isThere(connection, batch.listId))) {
    const fresh = Date.now() - batch.since.getTime() < FRESH_MS
    return failureOf('LinkedIn', fresh ? NOT_YET : LIST_GONE, { code })
  }
  return failureOf('LinkedIn', meaning, { code, rowsSuspect: status === 400 && meaning.kind === 'config' })
}

/** A segment that takes no members yet can be read already; one that was deleted cannot. */
async function isThere(connection: LinkedInConnection, listId: string): Promise<boolean> {
  try {
    await readList(connection, listId)
    return true
  } catch (error) {
    if (error instanceof DestinationFailure && error.listGone) return false
    throw error
  }
}

function countsOf(reasons: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const reason of reasons) counts[reason] = (counts[reason] ?? 0) + 1
  return counts
}
