import { currentWindow } from '../fixed-window.ts'
import { refuse } from './api-error.ts'
import type { Account, KlaviyoState } from './state.ts'

/** How often an operation may be called: in a second and in a minute. Of L the two sources disagree: the lower stands. */
export const tiers = {
  XS: { burst: 1, steady: 15 },
  S: { burst: 3, steady: 60 },
  M: { burst: 10, steady: 150 },
  L: { burst: 75, steady: 700 },
  XL: { burst: 350, steady: 3_500 },
} as const
export type Tier = keyof typeof tiers

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/**
 * Counts a call and returns the headers that go out with its answer; throws when a window is full. Windows are fixed;
 * after a refusal everything is refused until its Retry-After has passed.
 */
export function countCall(
  { clock }: KlaviyoState,
  account: Account,
  operation: string,
  { tier, perDay }: { tier: Tier; perDay?: number | undefined },
): Record<string, string> {
  const now = clock.now()
  const { burst, steady } = tiers[tier]
  const windows = [
    { name: `${operation}/second`, lengthMs: SECOND_MS, limit: burst },
    { name: `${operation}/minute`, lengthMs: MINUTE_MS, limit: steady },
    { name: `${operation}/day`, lengthMs: DAY_MS, limit: perDay ?? Number.POSITIVE_INFINITY },
  ].map((window) => ({ ...window, current: currentWindow(account.windows[window.name], window.lengthMs, now) }))
  const blockedUntil = account.blockedUntil[operation] ?? 0
  const full = windows
    .filter(({ current, limit }) => current.count >= limit)
    .map(({ current, lengthMs }) => current.start + lengthMs)
  const until = Math.max(blockedUntil, ...full)
  if (until > now) {
    const seconds = Math.ceil((until - now) / SECOND_MS)
    // In whole seconds, as it is told; whoever comes too early is told again and not put off further.
    if (blockedUntil <= now) account.blockedUntil[operation] = now + seconds * SECOND_MS
    throw refuse.throttled(seconds)
  }
  for (const { name, current } of windows) account.windows[name] = { ...current, count: current.count + 1 }
  const minute = currentWindow(account.windows[`${operation}/minute`], MINUTE_MS, now)
  return {
    'ratelimit-limit': String(steady),
    'ratelimit-remaining': String(Math.max(steady - minute.count, 0)),
    'ratelimit-reset': String(Math.ceil((minute.start + MINUTE_MS - now) / SECOND_MS)),
  }
}
