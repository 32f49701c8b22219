import type { Batch, Receipt } from '../define.ts'
import { failureOf } from '../meaning.ts'
import { attempt } from './calls.ts'
import type { PinterestConnection } from './connection.ts'
import { mayBeRows } from './error-table.ts'
import { typeFor } from './identifiers.ts'
import { customerList } from './list-facts.ts'
import { listPath } from './list-path.ts'
import { severalTypes } from './lists.ts'
import { recordsBody } from './records-body.ts'
import { referenceOf } from './settle.ts'

/** Adds or removes the members of a batch, as one string of records. Pinterest takes them and works on the list later. */
export async function upload(connection: PinterestConnection, batch: Batch): Promise<Receipt> {
  // Of a list that was not made here Pinterest does not tell the type, so that a mapping of two kinds shows only now. A
  // removal may well be of two: of members before and after a change of the mapping.
  if (batch.operation === 'add' && typeFor(batch.identifiers) === undefined) throw severalTypes()
  const result = await attempt(connection, {
    method: 'PATCH',
    path: listPath(batch.listId),
    body: recordsBody(batch),
    subject: 'records',
    reply: customerList,
  })
  if ('fault' in result) {
    const { meaning, named, status } = result.fault
    throw failureOf('Pinterest', meaning, { code: named, rowsSuspect: mayBeRows(status, meaning) })
  }
  return { state: 'accepted', reference: referenceOf(result.reply), received: batch.members.length }
}
