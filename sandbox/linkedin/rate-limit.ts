import { currentWindow } from '../fixed-window.ts'
import { refuse } from './rest-error.ts'
import type { Account } from './state.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** Calls a minute that one app may make for one member; where nothing stands here only the day counts. */
export const minuteLimits = { change_users: 600, change_companies: 300 } satisfies Record<string, number>

/** Counts a call of the member; throws 429 when a minute or the UTC day is used up. A refused call is not counted. */
export function countCall(account: Account, operation: string, now: number): void {
  const limits: Record<string, number> = minuteLimits
  const minuteLimit = Object.hasOwn(limits, operation) ? limits[operation] : undefined
  const day = currentWindow(account.windows.day, DAY_MS, now)
  const minute = currentWindow(account.windows[operation], MINUTE_MS, now)
  if (day.count >= account.dailyLimit) throw refuse.throttled('DAY')
  if (minuteLimit !== undefined && minute.count >= minuteLimit) throw refuse.throttled('MINUTE')
  account.windows.day = { ...day, count: day.count + 1 }
  if (minuteLimit !== undefined) account.windows[operation] = { ...minute, count: minute.count + 1 }
}
