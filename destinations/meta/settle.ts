import { z } from 'zod'
import type { Open, Settled } from '../define.ts'
import { ask } from './calls.ts'
import type { MetaConnection } from './connection.ts'
import { listPath } from './list-path.ts'
import { INVALID_ENTRY } from './upload.ts'

// Meta writes all of a session's figures as text.
const figure = z.coerce.number().nonnegative().optional().catch(undefined)

const sessions = z.object({
  data: z.array(
    z.object({
      session_id: z.coerce.string(),
      stage: z.string().optional().catch(undefined),
      progress: figure,
      end_time: z.coerce.string().optional().catch(undefined),
      num_received: figure,
      num_matched: figure,
      num_invalid_entries: figure,
    }),
  ),
})

type Session = z.output<typeof sessions>['data'][number]

const ASK_AGAIN_AFTER_MS = 5 * 60_000

/** Reads a batch's upload session back. Not there yet, or still at work: ask again. */
export async function settle(connection: MetaConnection, open: Open): Promise<Settled> {
  const { data } = await ask(connection, {
    method: 'GET',
    path: [...listPath(open.listId), 'sessions'],
    query: { session_id: open.reference },
    subject: 'list',
    reply: sessions,
  })
  const session = data.find(({ session_id }) => session_id === open.reference)
  if (!session || !isFinished(session)) return { state: 'pending', askAgainAfterMs: ASK_AGAIN_AFTER_MS }
  return settledOf(session, open.rows)
}

/** Meta lists no stages; a full progress says it, else an end without a progress that contradicts it. */
function isFinished({ progress, end_time, stage }: Session): boolean {
  if (progress !== undefined && progress >= 100) return true
  const ended =
    (end_time !== undefined && Number(end_time) !== 0) || /^(finish|complete|done|success)/i.test(stage ?? '')
  // 1 is a full progress where it is told as a share.
  return ended && (progress === undefined || progress === 1)
}

function settledOf(session: Session, rows: number): Settled {
  const { num_received: received = rows, num_invalid_entries: invalid = 0, num_matched: matched } = session
  // The rows of a batch that was repeated inside its session are counted once for each attempt.
  const share = received > rows ? rows / received : 1
  const refused = Math.round(invalid * share)
  return {
    // Fewer than were sent: the rest never arrived, so the batch is sent again.
    state: received < rows ? 'unconfirmed' : 'confirmed',
    received: Math.round(received * share),
    refused,
    ...(matched !== undefined && { matched: Math.round(matched * share) }),
    ...(refused > 0 && { reasons: { [INVALID_ENTRY]: refused } }),
  }
}
