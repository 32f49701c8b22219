import { z } from 'zod'
import type { Batch, Receipt } from '../define.ts'
import type { DestinationFailure } from '../failure.ts'
import { failureOf } from '../meaning.ts'
import { attempt, type Fault } from './calls.ts'
import type { GoogleConnection, SyncSettings } from './connection.ts'
import { MEMBER_REASONS, REASONS } from './error-table.ts'
import { membersBody } from './members-body.ts'

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
  const members = new Map<string, string>()
  for (const { field, reason } of violations) {
    const place = /^audience_members\[([0-9]+)\]/.exec(field)?.[1]
    const member = place === undefined ? undefined : batch.members[Number(place)]
    if (member && !REASONS[reason])
      members.set(member.key, `Google: ${MEMBER_REASONS[reason] ?? 'refused'} (${reason || 'no reason told'})`)
  }
  const rowsSuspect = members.size === 0 && violations.length === 0 && named.startsWith('INVALID_ARGUMENT')
  return failureOf('Google', meaning, { code: named, rowsSuspect, members })
}
