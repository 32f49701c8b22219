import { z } from 'zod'
import type { Batch, Receipt } from '../define.ts'
import type { DestinationFailure } from '../failure.ts'
import { failureOf } from '../meaning.ts'
import { attempt, type Fault } from './calls.ts'
import type { GoogleConnection, SyncSettings } from './connection.ts'
import { REASONS } from './error-table.ts'
import { membersBody } from './members-body.ts'
import { refusedMembers } from './refused-members.ts'

/** Adds or removes the members of a batch. Google takes the request and works on it for half an hour and more. */
export async function upload(connection: GoogleConnection, batch: Batch<SyncSettings>): Promise<Receipt> {
  const result = await attempt(connection, {
    method: 'POST',
    path: batch.operation === 'add' ? 'audienceMembers:ingest' : 'audienceMembers:remove',
    body: membersBody(connection, batch),
    counts: 'write',
    reply: z.object({ requestId: z.string().min(1) }),
  })
  if ('fault' in result) throw failureAt(batch, result.fault)
  return { state: 'accepted', reference: result.reply.requestId, received: batch.members.length }
}

/** The whole request is refused for one bad member: Google names each by its place. */
function failureAt(batch: Batch<SyncSettings>, { meaning, named, violations }: Fault): DestinationFailure {
  const members = refusedMembers(batch.members, violations, /^audience_members\[([0-9]+)\]/, REASONS)
  const rowsSuspect = members.size === 0 && violations.length === 0 && named.startsWith('INVALID_ARGUMENT')
  return failureOf('Google', meaning, { code: named, rowsSuspect, members })
}
