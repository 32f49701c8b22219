import { refuse } from './graph-error.ts'
import type { AudienceContext, Context, Outcome } from './operation.ts'
import { expireReplace, REPLACE_MS } from './operation-status.ts'
import type { Payload } from './payload.ts'
import { readPayload } from './payload.ts'
import { newRows } from './rows.ts'
import type { SessionPart } from './sessions.ts'
import { countBatch, enterSession, generatedSession, readSessionPart } from './sessions.ts'
import type { Account, Audience, Session } from './state.ts'

export function addUsers(context: AudienceContext): Outcome {
  return changeUsers(context, 1713230, (audience, { rows }) => {
    for (const { cells, description } of rows) audience.rows.add(cells, description)
  })
}

export function removeUsers(context: AudienceContext): Outcome {
  return changeUsers(context, 1713231, (audience, { rows }) => {
    for (const { cells } of rows) audience.rows.remove(cells)
  })
}

function changeUsers(
  context: AudienceContext,
  whenFlagged: 1713230 | 1713231,
  change: (audience: Audience, payload: Payload) => void,
): Outcome {
  const { state, account, audience, parameters, rejectRows } = context
  expireReplace(state, audience)
  if (audience.website) throw refuse.filledByRule()
  if (audience.flagged) throw refuse.flagged(whenFlagged)
  if (audience.replace) throw refuse.replaceRunning()
  const part = readSessionPart(parameters) ?? generatedSession(account)
  const payload = readPayload(parameters, { valueBased: audience.isValueBased, rejectRows })
  checkDataSource(audience, payload)
  const session = enterSession(state, account, part, { audienceId: audience.id, kind: 'users', schema: payload.schema })
  checkOpen(session, part)
  countBatch(state, session, part, payload)
  change(audience, payload)
  markChanged(context, payload)
  return receipt({ audience_id: audience.id }, session, part, payload)
}

/**
 * After the last batch a session takes nothing new. A batch that was taken before may be sent again: its sender may
 * never have heard the answer.
 */
function checkOpen(session: Session, { batchSeq }: SessionPart): void {
  if (session.finishedAt !== null && !session.batches.has(batchSeq)) throw refuse.sessionFinished()
}

/** Removes the people from every audience of the account. */
export function eraseUsers({ state, account, parameters, rejectRows }: Context): Outcome {
  const part = readSessionPart(parameters) ?? generatedSession(account)
  const payload = readPayload(parameters, { valueBased: false, rejectRows })
  const session = enterSession(state, account, part, { audienceId: null, kind: 'users', schema: payload.schema })
  checkOpen(session, part)
  countBatch(state, session, part, payload)
  for (const audience of state.audiences.values()) {
    if (audience.accountId !== account.id) continue
    for (const { cells } of payload.rows) audience.rows.remove(cells)
  }
  return receipt({ account_id: account.id }, session, part, payload)
}

const MOST_PEOPLE = 100_000_000

/**
 * Full replace by a session. The old rows stand until the last batch; an early last batch makes a short upload the new
 * truth. UNVERIFIED whether an audience without upload (410) or after a failed replace (415) may start one: both may,
 * for else neither could be mended by the call that is meant for it.
 */
export function replaceUsers(context: AudienceContext): Outcome {
  const { state, account, audience, parameters, rejectRows } = context
  expireReplace(state, audience)
  if (audience.website) throw refuse.filledByRule()
  if (audience.flagged) throw refuse.flagged(1713228)
  const part = readSessionPart(parameters)
  if (part === undefined) throw refuse.parameter('The parameter session is required.')
  checkTurn(context, account.sessions.get(part.id), part)
  if (audience.rows.size > MOST_PEOPLE || (part.estimated ?? 0) > MOST_PEOPLE) throw refuse.replaceTooLarge()
  const payload = readPayload(parameters, { valueBased: audience.isValueBased, rejectRows })
  checkDataSource(audience, payload)
  const what = { audienceId: audience.id, kind: 'replace' as const, schema: payload.schema }
  const session = enterSession(state, account, part, what)
  countBatch(state, session, part, payload)
  audience.replace ??= { session, rows: newRows(state) }
  const { rows } = audience.replace
  for (const { cells, description } of payload.rows) rows.add(cells, description)
  if (part.isLast) {
    audience.rows.clear()
    audience.rows = rows
    audience.replace = undefined
    audience.replaceFailed = false
    markChanged(context, payload)
  }
  return receipt({ account_id: account.id }, session, part, payload)
}

/** Only one replace runs at a time, and it starts with batch 1, sent once: a second batch 1 would start another. */
function checkTurn(
  { state, audience }: AudienceContext,
  known: Session | undefined,
  { id, batchSeq }: SessionPart,
): void {
  if (known?.kind === 'replace' && known.audienceId === audience.id) {
    if (known.finishedAt !== null) throw refuse.sessionFinished()
    if (state.clock.now() >= known.startedAt + REPLACE_MS) throw refuse.replaceTimedOut()
  }
  const running = audience.replace?.session.id
  if (running !== undefined && (running !== id || batchSeq === 1)) throw refuse.replaceRunning()
  if (running === undefined && batchSeq !== 1) throw refuse.replaceNotStarted()
}

function checkDataSource({ dataSource }: Audience, payload: Payload): void {
  if (dataSource === undefined || payload.dataSource === undefined) return
  if (dataSource.type !== payload.dataSource.type || dataSource.sub_type !== payload.dataSource.sub_type)
    throw refuse.otherSource()
}

function markChanged({ state, audience }: AudienceContext, payload: Payload): void {
  audience.uploaded = true
  audience.contentAt = state.clock.now()
  audience.dataSource ??= payload.dataSource
}

function receipt(
  owner: { audience_id: string } | { account_id: Account['id'] },
  session: Session,
  { batchSeq }: SessionPart,
  { received, invalid, samples }: Payload,
): Outcome {
  return {
    body: {
      ...owner,
      session_id: session.id,
      num_received: session.received,
      num_invalid_entries: session.invalid,
      // A map with nothing in it goes out as an empty array: both forms are documented.
      invalid_entry_samples: Object.keys(samples).length === 0 ? [] : samples,
    },
    note: { received, invalid, sessionId: session.id, batchSeq },
  }
}
