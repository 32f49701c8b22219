import type { Account, Audience, TikTokState } from './state.ts'

const DAY_MS = 86_400_000
/** An audience without a fixed retention lives this long after its last use or change. */
const LIFE_MS = 365 * DAY_MS
const EXPIRING_MS = 7 * DAY_MS
/** How long TikTok takes to count members that came: a choice, UNVERIFIED. */
export const CALCULATION_MS = 3_600_000

/** Brings `cover_num` up to date, as far as members have been counted. To be called before members change. */
export function settle({ accounts, clock }: TikTokState, audience: Audience): void {
  if (audience.contentAt === null || clock.now() < audience.contentAt + CALCULATION_MS) return
  audience.coverNum = Math.floor(audience.rows.size * (accounts.get(audience.accountId)?.matchRate ?? 1))
}

export const isProcessing = (audience: Audience, now: number) => now < audience.processingUntil
export const isExpired = (audience: Audience, now: number) => now >= audience.changedAt + LIFE_MS

/** An audience as `/list/` shows it; `/get/` tells a few things more. */
export function describeAudience(state: TikTokState, audience: Audience): Record<string, unknown> {
  settle(state, audience)
  const now = state.clock.now()
  const expiresAt = audience.changedAt + LIFE_MS
  const counted = audience.contentAt !== null && now >= audience.contentAt + CALCULATION_MS
  const isValid = counted && audience.coverNum > 0 && !isProcessing(audience, now) && now < expiresAt
  return {
    audience_id: audience.id,
    name: audience.name,
    audience_type: 'Partner Audience',
    calculate_type: 'MULTIPLE_TYPES',
    cover_num: audience.coverNum,
    create_time: time(audience.createdAt),
    expired_time: time(expiresAt),
    is_creator: true,
    is_expiring: now >= expiresAt - EXPIRING_MS,
    is_valid: isValid,
    shared: false,
  }
}

export function describeDetails(state: TikTokState, account: Account, audience: Audience): Record<string, unknown> {
  const { audience_type, ...listed } = describeAudience(state, audience)
  const now = state.clock.now()
  const message = isExpired(audience, now)
    ? 'The audience has expired.'
    : isProcessing(audience, now)
      ? 'The audience is being processed.'
      : ''
  return {
    ...listed,
    type: audience_type,
    audience_sub_type: 'NORMAL',
    owner_id: account.id,
    is_auto_refresh: false,
    msg: message,
    error_msg: '',
    rule: '',
    lookalike_spec: null,
  }
}

/** Notes an act in the audience's history; it counts as use. */
export function note(state: TikTokState, audience: Audience, action: string): void {
  audience.changedAt = state.clock.now()
  audience.history = [{ action, opt_time: time(audience.changedAt) }, ...audience.history].slice(0, 100)
}

/** `2026-11-25 03:04:05`, UTC. */
function time(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}
