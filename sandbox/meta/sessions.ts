import { randomInt } from 'node:crypto'
import { refuse } from './graph-error.ts'
import { keepSession } from './kept-state.ts'
import { REPLACE_MS } from './operation-status.ts'
import type { Parameters } from './parameters.ts'
import { nested, required, structure, truth, wholeNumber } from './parameters.ts'
import type { Account, MetaState, Session } from './state.ts'

/** What a call says of its session. */
export interface SessionPart {
  id: string
  batchSeq: number
  isLast: boolean
  estimated: number | null
}

const LARGEST_INT64 = 9_223_372_036_854_775_807n
const LARGEST_COUNT = 2 ** 53 - 1

export function readSessionPart(parameters: Parameters): SessionPart | undefined {
  const given = structure(parameters, 'session')
  if (given === undefined) return undefined
  const session = nested(given, 'session')
  return {
    id: readSessionId(session.get('session_id')),
    batchSeq: required(wholeNumber(session, 'batch_seq', { min: 1, max: LARGEST_COUNT }), 'session[batch_seq]'),
    isLast: truth(session, 'last_batch_flag') ?? false,
    estimated: wholeNumber(session, 'estimated_num_total', { min: 0, max: LARGEST_COUNT }) ?? null,
  }
}

/** Where a call names no session, Meta makes one up, of a single batch. */
export function generatedSession(account: Account): SessionPart {
  const id = String(randomInt(1, 281_474_976_710_655))
  return account.sessions.has(id) ? generatedSession(account) : { id, batchSeq: 1, isLast: true, estimated: null }
}

function readSessionId(value: unknown): string {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : ''
  if (/^[1-9]\d{0,18}$/.test(text) && BigInt(text) <= LARGEST_INT64) return text
  throw refuse.parameter('Param session[session_id] must be a positive 64-bit integer.')
}

/** Opens a session, or finds it again; an id belongs to one upload of one audience in the whole account. */
export function enterSession(
  state: MetaState,
  account: Account,
  part: SessionPart,
  { audienceId, kind, schema }: Pick<Session, 'audienceId' | 'kind' | 'schema'>,
): Session {
  const known = account.sessions.get(part.id)
  if (known === undefined) return openSession(state, account, part, { audienceId, kind, schema })
  if (known.audienceId !== audienceId || known.kind !== kind)
    throw refuse.parameter('session[session_id] is used by another upload of this ad account.')
  if (known.schema !== schema) throw refuse.parameter('All batches of a session must have the same schema.')
  return known
}

function openSession(
  state: MetaState,
  account: Account,
  { id, estimated }: SessionPart,
  what: Pick<Session, 'audienceId' | 'kind' | 'schema'>,
): Session {
  const now = state.clock.now()
  const counts = { received: 0, invalid: 0 }
  const session: Session = {
    id,
    accountId: account.id,
    ...what,
    ...counts,
    startedAt: now,
    lastBatchAt: now,
    finishedAt: null,
    batches: new Set(),
    estimated,
  }
  account.sessions.set(id, session)
  return session
}

/** Counts a batch into its session. A batch that is sent again is counted again: UNVERIFIED, the counts are approximate. */
export function countBatch(
  state: MetaState,
  session: Session,
  { batchSeq, isLast, estimated }: SessionPart,
  counts: { received: number; invalid: number },
): void {
  const now = state.clock.now()
  session.batches.add(batchSeq)
  session.received += counts.received
  session.invalid += counts.invalid
  session.estimated = estimated ?? session.estimated
  session.lastBatchAt = now
  if (isLast) session.finishedAt ??= now
  keepSession(state, session)
}

/** How long matching seems to take after the last batch. Real lists take up to a day; the stage is what a client waits for. */
const PROCESSING_MS = 2_000
/** The share of rows that seems to match, since a sandbox knows nobody. */
const MATCH_SHARE = 0.8

/** A session as the sessions edge shows it: every value a string. Names of stages and forms of times: UNVERIFIED. */
export function describeSession(state: MetaState, session: Session): Record<string, string> {
  const now = state.clock.now()
  const { stage, progress } = stageOf(session, now)
  const matched = stage === 'completed' ? Math.floor((session.received - session.invalid) * MATCH_SHARE) : 0
  const end = session.finishedAt ?? (stage === 'expired' ? session.startedAt + REPLACE_MS : null)
  return {
    session_id: session.id,
    stage,
    progress: String(progress),
    num_received: String(session.received),
    num_matched: String(matched),
    num_invalid_entries: String(session.invalid),
    start_time: String(Math.floor(session.startedAt / 1_000)),
    ...(end === null ? {} : { end_time: String(Math.floor(end / 1_000)) }),
  }
}

function stageOf(session: Session, now: number): { stage: string; progress: number } {
  if (session.finishedAt !== null) {
    const part = Math.min((now - session.finishedAt) / PROCESSING_MS, 1)
    return part < 1
      ? { stage: 'processing', progress: 50 + Math.floor(part * 50) }
      : { stage: 'completed', progress: 100 }
  }
  const part = session.estimated ? Math.min(session.received / session.estimated, 1) : 0
  const expired = session.kind === 'replace' && now >= session.startedAt + REPLACE_MS
  return { stage: expired ? 'expired' : 'uploading', progress: Math.floor(part * 50) }
}
