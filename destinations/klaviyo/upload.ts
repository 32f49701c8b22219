import { z } from 'zod'
import type { Batch, Receipt } from '../define.ts'
import { failureOf } from '../meaning.ts'
import { limits } from './api.ts'
import { attempt, type Fault, thrown } from './calls.ts'
import type { KlaviyoConnection } from './connection.ts'
import { TOO_LARGE } from './error-table.ts'
import { importBody } from './import-body.ts'
import { remove } from './remove.ts'

/** Adds by an import into the list, which Klaviyo works on later; removes by the ids of profiles, at once. */
export const upload = (connection: KlaviyoConnection, batch: Batch): Promise<Receipt> =>
  batch.operation === 'add' ? importProfiles(connection, batch) : remove(connection, batch)

async function importProfiles(connection: KlaviyoConnection, batch: Batch): Promise<Receipt> {
  const body = importBody(batch)
  if (body.length > limits.bytesPerRequest)
    throw failureOf('Klaviyo', TOO_LARGE, { code: 'too-large', rowsSuspect: true })
  const result = await attempt(connection, {
    method: 'POST',
    path: '/api/profile-bulk-import-jobs',
    body,
    endpoint: 'import',
    reply: z.object({ data: z.object({ id: z.string().min(1) }) }),
  })
  if ('fault' in result) throw failureAt(batch, result.fault)
  return { state: 'accepted', reference: result.reply.data.id, received: batch.members.length }
}

/** A 400 points at the profiles that it is about by their place; without one, any of them may be meant. */
function failureAt(batch: Batch, fault: Fault) {
  if (fault.status !== 400 && fault.status !== 413) return thrown(fault)
  const members = new Map<string, string>()
  for (const { pointer, code } of fault.complaints) {
    const place = /\/profiles\/data\/([0-9]+)(?:\/|$)/.exec(pointer)?.[1]
    const member = place === undefined ? undefined : batch.members[Number(place)]
    const attribute = /\/attributes\/([a-z_]+)$/.exec(pointer)?.[1]
    if (member)
      members.set(
        member.key,
        `Klaviyo refused ${attribute ? `the ${attribute}` : 'the profile'} (${code || 'invalid'})`,
      )
  }
  const aboutTheList = fault.complaints.some(({ pointer }) => pointer.includes('/relationships'))
  return failureOf('Klaviyo', fault.meaning, {
    code: fault.named,
    members,
    rowsSuspect: members.size === 0 && !aboutTheList,
  })
}
