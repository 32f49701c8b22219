import { z } from 'zod'
import type { Clock } from '../clock.ts'
import type { Store } from './store.ts'

/** How far a clock of an earlier life was turned forward, in milliseconds. */
export function keptAhead(store: Store): number {
  return z.number().catch(0).parse(store.documents('clock')[0])
}

export function keepClock(store: Store, clock: Clock): void {
  store.keep('clock', 'ahead', clock.ahead())
}
