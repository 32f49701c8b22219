import { memberKeyOf } from '../db/member-key.ts'
import type { AudienceRow } from '../db/queries/audience.ts'
import { closeUpload, firstRepetition, openUpload, takeUpload, writeUpload } from '../db/queries/list-members.ts'
import { withSessionLock } from '../db/queries/session-lock.ts'
import { nextStageNo } from '../db/queries/stage.ts'
import type { Deps } from './deps.ts'
import { ApiProblem, conflict, unusable } from './problem.ts'
import { usualMemberId } from './routes/audiences.ts'

export type Row = Readonly<Record<string, string | null>>
export type Uploaded = { readonly rows: number; readonly size: number; readonly memberId: string }

/**
 * Writes rows aside and puts them into the list when the last one has come: whatever breaks before that changes nothing.
 * One upload of an audience at a time.
 */
export async function uploadMembers(
  deps: Deps,
  audience: AudienceRow,
  { rows, mode }: { rows: AsyncIterable<Row>; mode: 'replace' | 'upsert' },
): Promise<Uploaded> {
  const { sql } = deps.db
  const done = await withSessionLock(sql, `members ${audience.id}`, async (session) => {
    await openUpload(session)
    try {
      const state = { count: 0, memberId: audience.memberId }
      await writeUpload(session, lines(deps, audience, rows, state))
      const repeated = await firstRepetition(session)
      if (repeated !== undefined) throw duplicate(state.memberId, repeated)
      const { memberId } = state
      const load = { audienceId: audience.id, loadNo: await nextStageNo(sql), memberId, mode }
      return { rows: state.count, memberId, size: await takeUpload(session, load) }
    } finally {
      await closeUpload(session)
    }
  })
  if (done !== 'busy') return done
  throw conflict(
    'uploading',
    'Another upload of this audience is under way.',
    'Send this one when that one has been answered.',
  )
}

const duplicate = (field: string, at: number) =>
  unusable(
    'duplicate_member',
    `Two rows have the same member id; the second of them is row ${at}.`,
    `Send each ${field} once. Nothing was changed.`,
  )

const chunkBytes = 64 * 1024

async function* lines(
  { seal, memberKeySecret }: Deps,
  audience: AudienceRow,
  rows: AsyncIterable<Row>,
  state: { count: number; memberId: string },
): AsyncIterable<string> {
  let chunk = ''
  for await (const row of rows) {
    state.count++
    if (state.count === 1) state.memberId = memberIdField(audience, row)
    const id = row[state.memberId]
    if (id === null || id === undefined || id === '') throw noMemberId(state.memberId, state.count, row)
    const sealed = seal.seal(JSON.stringify(row)).toString('hex')
    chunk += `${state.count}\t${memberKeyOf(memberKeySecret, id)}\t\\\\x${sealed}\n`
    if (chunk.length >= chunkBytes) {
      yield chunk
      chunk = ''
    }
  }
  if (chunk !== '') yield chunk
}

const usualNames = [usualMemberId, 'memberId', 'id']

/** An audience that was made without naming its member id takes the usual column that its first upload has. */
function memberIdField({ memberId, loadNo }: AudienceRow, row: Row): string {
  if (loadNo > 0 || memberId !== usualMemberId) return memberId
  return usualNames.find((name) => Object.hasOwn(row, name)) ?? memberId
}

function noMemberId(field: string, at: number, row: Row): ApiProblem {
  const there = Object.hasOwn(row, field)
  return unusable(
    'no_member_id',
    there
      ? `Row ${at} has no member id: its ${field} is empty.`
      : `Row ${at} has no field ${field}, which is the member id.`,
    there
      ? 'Give every row a member id. Nothing was changed.'
      : `Fields of this row: ${Object.keys(row).slice(0, 30).join(', ')}. Rename one, or create the audience with that "memberId". Nothing was changed.`,
  )
}

/** A body that ends before its end was sent is the sender's broken stream, not a fault of ours. */
export async function* unbroken(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]()
  for (;;) {
    const next = await chunks.next().catch(() => {
      throw new ApiProblem(400, {
        code: 'broken_stream',
        detail: 'The upload broke off before its end.',
        next: 'Send it again, whole. Nothing was changed.',
      })
    })
    if (next.done) return
    yield next.value
  }
}
