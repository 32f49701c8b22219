import { z } from 'zod'
import type { Open, Settled } from '../define.ts'
import { failureOf } from '../meaning.ts'
import { attempt } from './calls.ts'
import type { GoogleConnection } from './connection.ts'

// Google writes 64-bit numbers as text
const count = z.coerce.number().nonnegative().catch(0)
const counts = z.array(z.object({ recordCount: count, reason: z.string().catch('') })).catch([])
const ingested = z.looseObject({
  recordCount: count.optional(),
  uploadMatchRateRange: z.string().optional().catch(undefined),
})
const perKind = z.record(z.string(), ingested).optional().catch(undefined)

const status = z.object({
  requestStatus: z.string(),
  errorInfo: z.object({ errorCounts: counts }).optional().catch(undefined),
  warningInfo: z.object({ warningCounts: counts }).optional().catch(undefined),
  audienceMembersIngestionStatus: perKind,
  audienceMembersRemovalStatus: perKind,
})
const reply = z.object({ requestStatusPerDestination: z.array(status).min(1) })

const MINUTE = 60_000
/** Google asks to be asked from half an hour on, and then ever more rarely. */
const FIRST_ASK_MS = 30 * MINUTE
const LEAST_WAIT_MS = 10 * MINUTE
const MOST_WAIT_MS = 6 * 60 * MINUTE

/** Reasons after which the same members may be sent again as they are. */
const PASSING = ['INTERNAL_ERROR']

const SENTENCES: Readonly<Record<string, string>> = {
  DENIED_CONSENT: 'Google: consent was denied',
  NO_CONSENT: 'Google: no consent was told, and the person needs one',
  UNKNOWN_CONSENT: 'Google: only one of the two consents was told',
  INVALID_FORMAT: 'Google: a value has a wrong form',
  INTERNAL_ERROR: 'Google had an error of its own',
  EVENT_TOO_OLD: 'Google: the event is too old',
  INVALID_EVENT: 'Google cannot use the event',
}

type Asked = Pick<Open, 'reference' | 'rows' | 'sentAt'>

/** Reasons that say of an event that it had been told before. */
const TOLD_BEFORE = ['DUPLICATE_TRANSACTION_ID']

/** Asks what became of a request. */
export async function settle(connection: GoogleConnection, open: Asked): Promise<Settled> {
  const result = await attempt(connection, {
    method: 'GET',
    path: 'requestStatus:retrieve',
    query: { requestId: open.reference },
    counts: 'read',
    reply,
  })
  if ('fault' in result) {
    // an id that Google does not know any more will never have a last word
    if (result.fault.named.includes('INVALID_REQUEST_ID')) return { state: 'unconfirmed' }
    throw failureOf('Google', result.fault.meaning, { code: result.fault.named })
  }
  const [told] = result.reply.requestStatusPerDestination
  if (!told || told.requestStatus === 'PROCESSING' || told.requestStatus === 'REQUEST_STATUS_UNKNOWN')
    return pending(open)
  return finalOf(told, open)
}

function pending({ sentAt }: Asked): Settled {
  const waited = Date.now() - sentAt.getTime()
  const askAgainAfterMs =
    waited < FIRST_ASK_MS ? LEAST_WAIT_MS : Math.min(MOST_WAIT_MS, Math.max(LEAST_WAIT_MS, waited / 2))
  return { state: 'pending', askAgainAfterMs }
}

function finalOf(told: z.output<typeof status>, open: Asked): Settled {
  const all = told.errorInfo?.errorCounts ?? []
  const errors = all.filter(({ reason }) => !TOLD_BEFORE.some((before) => reason.endsWith(before)))
  const reasons = Object.fromEntries(errors.map(({ reason, recordCount }) => [sentenceOf(reason), recordCount]))
  const named = errors.reduce((sum, { recordCount }) => sum + recordCount, 0)
  const onlyTold = all.length > 0 && errors.length === 0
  const failed = !onlyTold && (told.requestStatus === 'FAILED' || told.requestStatus === 'FAILURE')
  if (failed && errors.every(({ reason }) => PASSING.some((passing) => reason.endsWith(passing))))
    return { state: 'unconfirmed', reasons }
  const refused = failed ? open.rows : Math.min(named, open.rows)
  const notes = notesOf(told)
  return {
    state: failed ? 'rejected' : 'confirmed',
    received: open.rows,
    refused,
    ...(errors.length > 0 && { reasons }),
    ...(Object.keys(notes).length > 0 && { notes }),
  }
}

const short = (reason: string) => reason.replace(/^PROCESSING_(ERROR|WARNING)_(REASON_)?/, '')
const sentenceOf = (reason: string) => SENTENCES[short(reason)] ?? `Google: ${short(reason) || 'no reason told'}`

function notesOf({
  warningInfo,
  audienceMembersIngestionStatus,
}: z.output<typeof status>): Record<string, string | number> {
  const [kind] = Object.values(audienceMembersIngestionStatus ?? {})
  const rate = kind?.uploadMatchRateRange
  return {
    ...(rate && rate !== 'MATCH_RATE_RANGE_UNKNOWN' && { 'Match rate': rateOf(rate) }),
    ...Object.fromEntries(
      (warningInfo?.warningCounts ?? []).map(({ reason, recordCount }) => [`Warning: ${short(reason)}`, recordCount]),
    ),
  }
}

/** 'MATCH_RATE_RANGE_41_TO_50' as people read it. */
function rateOf(range: string): string {
  const [, low, high] = /([0-9]+)_TO_([0-9]+)$/.exec(range) ?? []
  if (low && high) return `${low} to ${high} %`
  if (range.endsWith('LESS_THAN_20')) return 'below 20 %'
  return range.endsWith('NOT_ELIGIBLE') ? 'not told: too few members' : range.replace('MATCH_RATE_RANGE_', '')
}
