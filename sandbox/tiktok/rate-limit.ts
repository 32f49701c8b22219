import { currentWindow } from '../fixed-window.ts'
import { EnvelopeError } from './envelope.ts'
import type { Account } from './state.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const BLOCK_MS = 5 * MINUTE_MS

/** Calls that an app may make. The streaming endpoints have limits of their own. */
const limits = {
  usual: { second: 10, minute: 600, day: 864_000 },
  stream: { second: 10_000, minute: 600_000, day: 864_000_000 },
} satisfies Record<string, Record<'second' | 'minute' | 'day', number>>

export type Lane = keyof typeof limits

/** Counts a call; throws the refusal of the first limit that is used up. A refused call is not counted. */
export function countCall(account: Account, lane: Lane, now: number): void {
  const { windows } = account
  const allowed = (unit: 'second' | 'minute' | 'day') => account.limits[unit] ?? limits[lane][unit]
  const inDay = currentWindow(windows[`${lane}/day`], DAY_MS, now)
  const inMinute = currentWindow(windows[`${lane}/minute`], MINUTE_MS, now)
  const inSecond = currentWindow(windows[`${lane}/second`], SECOND_MS, now)
  if (inDay.count >= allowed('day')) throw new EnvelopeError(40133)
  if (lane === 'usual' && now < account.blockedUntil) throw new EnvelopeError(40132)
  if (inMinute.count >= allowed('minute')) {
    account.blockedUntil = now + BLOCK_MS
    throw new EnvelopeError(40132)
  }
  if (inSecond.count >= allowed('second')) throw new EnvelopeError(40100)
  windows[`${lane}/day`] = { ...inDay, count: inDay.count + 1 }
  windows[`${lane}/minute`] = { ...inMinute, count: inMinute.count + 1 }
  windows[`${lane}/second`] = { ...inSecond, count: inSecond.count + 1 }
}
