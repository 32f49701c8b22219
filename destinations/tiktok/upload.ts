import { z } from 'zod'
import type { Batch, Receipt } from '../define.ts'
import type { DestinationFailure } from '../failure.ts'
import { failureOf } from '../meaning.ts'
import { attempt, type Fault } from './calls.ts'
import type { TikTokConnection } from './connection.ts'
import { LIST_TOO_LONG_BUSY, PROCESSING } from './error-table.ts'
import { readList } from './lists.ts'
import { mappingBody } from './mapping-body.ts'

const DAY = 86_400_000

/** Codes after which one row of the request may be what TikTok refuses. */
const ROWS_SUSPECT = new Set([20001, 40000, 40002, 40051])
/** Codes that also stand for a list that cannot be changed now, or is not there. */
const LIST_SUSPECT = new Set([40002, 40007])
/** The same request was there before: it is done. */
const DUPLICATE = 40050

/** Adds or removes the members of a batch. TikTok says only that it took the request, and nothing of anybody later. */
export async function upload(connection: TikTokConnection, batch: Batch): Promise<Receipt> {
  const result = await attempt(connection, {
    method: 'POST',
    path: '/segment/mapping/',
    body: mappingBody(connection.settings.advertiserId, batch),
    reply: z.unknown(),
  })
  if ('fault' in result && result.fault.code !== DUPLICATE) throw await failureAt(connection, batch, result.fault)
  return { state: 'accepted', final: true, received: batch.members.length }
}

async function failureAt(connection: TikTokConnection, batch: Batch, fault: Fault): Promise<DestinationFailure> {
  const { code, named } = fault
  const busy = code !== undefined && LIST_SUSPECT.has(code) && (await isBusy(connection, batch.listId))
  if (busy) {
    const tooLong = Date.now() - batch.since.getTime() > DAY
    return failureOf('TikTok', tooLong ? LIST_TOO_LONG_BUSY : PROCESSING, { code: named })
  }
  return failureOf('TikTok', fault.meaning, { code: named, rowsSuspect: code !== undefined && ROWS_SUSPECT.has(code) })
}

/** The state of the list tells what such a code stands for. Throws where the list is gone. */
async function isBusy(connection: TikTokConnection, listId: string): Promise<boolean> {
  const { valid } = await readList(connection, listId)
  return valid === false
}
