import type { Account, MetaState } from './state.ts'

const MINUTE_MS = 60_000
const WINDOW_MINUTES = 60
const CAP = 700_000
const PER_AUDIENCE = 40
const base = { standard: 5_000, advanced: 190_000 }

/** Calls that the account may make in any hour. */
export function hourlyLimit(state: MetaState, account: Account): number {
  let active = 0
  for (const audience of state.audiences.values()) if (audience.accountId === account.id && !audience.deleted) active++
  return Math.min(base[account.tier] + PER_AUDIENCE * active, CAP)
}

export function countCall(state: MetaState, account: Account): void {
  const minute = Math.floor(state.clock.now() / MINUTE_MS)
  account.calls.set(minute, (account.calls.get(minute) ?? 0) + 1)
}

/** How far the account's hour is used up, and in how many minutes it can call again (0 while it still can). */
export function usage(state: MetaState, account: Account): { percent: number; regainMinutes: number } {
  const now = Math.floor(state.clock.now() / MINUTE_MS)
  let calls = 0
  let oldest = now
  for (const [minute, count] of account.calls) {
    if (minute <= now - WINDOW_MINUTES) account.calls.delete(minute)
    else {
      calls += count
      oldest = Math.min(oldest, minute)
    }
  }
  const percent = Math.min(Math.floor((calls / hourlyLimit(state, account)) * 100), 100)
  return { percent, regainMinutes: percent < 100 ? 0 : Math.max(oldest + WINDOW_MINUTES - now, 1) }
}

/** The header that goes out with every answer about an account. Its numbers are percentages, its wait is in minutes. */
export function usageHeader(
  account: Account,
  { percent, regainMinutes }: ReturnType<typeof usage>,
): Record<string, string> {
  const entry = {
    type: 'custom_audience',
    call_count: percent,
    total_cputime: Math.min(Math.ceil(percent / 2), 100),
    total_time: Math.min(Math.ceil(percent / 2), 100),
    estimated_time_to_regain_access: regainMinutes,
    ads_api_access_tier: account.tier === 'standard' ? 'standard_access' : 'advanced_access',
  }
  return { 'X-Business-Use-Case-Usage': JSON.stringify({ [account.businessId]: [entry] }) }
}
