import { currentWindow } from '../fixed-window.ts'
import type { Account, GoogleState } from './state.ts'
import { refuse } from './status-error.ts'

/** What a call counts towards. */
export type QuotaGroup = 'ingestion_write' | 'ingestion_read' | 'other'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** Of these names only the first is documented. */
const limits: Record<QuotaGroup, { minute: string; day: string; perDay: number }> = {
  ingestion_write: {
    minute: 'IngestionMutateRequestsPerMinutePerProject',
    day: 'IngestionMutateRequestsPerDayPerProject',
    perDay: 100_000,
  },
  ingestion_read: {
    minute: 'IngestionReadRequestsPerMinutePerProject',
    day: 'IngestionReadRequestsPerDayPerProject',
    perDay: 100_000,
  },
  other: { minute: 'DefaultRequestsPerMinutePerProject', day: 'DefaultRequestsPerDayPerProject', perDay: 50_000 },
}

const PER_MINUTE = 300

/** Counts a call of the caller's project; throws when the minute or the day is used up. */
export function countCall({ clock, quotas }: GoogleState, caller: Account, group: QuotaGroup): void {
  const { minute, day, perDay } = limits[group]
  const now = clock.now()
  const counted = quotas.get(caller.clientId) ?? {}
  quotas.set(caller.clientId, counted)
  const windows = [
    { name: minute, limit: PER_MINUTE, window: currentWindow(counted[minute], MINUTE_MS, now) },
    { name: day, limit: perDay, window: currentWindow(counted[day], DAY_MS, now) },
  ]
  for (const { name, limit, window } of windows)
    if (window.count >= limit) throw refuse.quota(quotaMetadata(caller, name, limit))
  for (const { name, window } of windows) counted[name] = { ...window, count: window.count + 1 }
}

/** What a refusal that was ordered tells: the minute of the group. */
export function orderedQuota(account: Account | undefined, group: QuotaGroup): Record<string, string> {
  return quotaMetadata(account, limits[group].minute, PER_MINUTE)
}

function quotaMetadata(account: Account | undefined, name: string, limit: number): Record<string, string> {
  return {
    quota_limit: name,
    quota_limit_value: String(limit),
    consumer: `projects/${projectOf(account)}`,
    quota_location: 'global',
  }
}

/** The number of the project that calls: the first part of its client id. */
export function projectOf(account: Account | undefined): string {
  return account?.clientId.split('-')[0] ?? '0'
}
