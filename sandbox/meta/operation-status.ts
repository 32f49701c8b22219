import type { Audience, MetaState } from './state.ts'
import { peopleOf } from './website-people.ts'

export interface Status {
  code: number
  description: string
}

/** How long a replace may take from its first batch on. */
export const REPLACE_MS = 90 * 60_000

/** Ends a replace whose time is over: its rows are thrown away, the audience keeps what it held (a choice: UNVERIFIED). */
export function expireReplace(state: MetaState, audience: Audience): void {
  if (audience.replace === undefined || state.clock.now() < audience.replace.session.startedAt + REPLACE_MS) return
  audience.replace.rows.clear()
  audience.replace = undefined
  audience.replaceFailed = true
}

export function operationStatus(audience: Audience): Status {
  if (audience.flagged) return { code: 471, description: 'Flagged: this audience may not comply with the terms.' }
  if (audience.replace) return { code: 414, description: 'Replace in progress.' }
  if (audience.replaceFailed) return { code: 415, description: 'Replace failed: not all batches arrived in time.' }
  if (audience.website) return { code: 200, description: 'Normal' }
  if (!audience.uploaded) return { code: 410, description: 'No upload: this audience has no customers yet.' }
  return { code: 200, description: 'Normal' }
}

/** UNVERIFIED how few people are too few; about 100 is often said. */
const SMALLEST_USEFUL = 100

export function deliveryStatus(state: MetaState, audience: Audience): Status {
  if (audience.flagged) return { code: 400, description: 'This audience cannot be used in ads.' }
  if (peopleOf(state, audience).size < SMALLEST_USEFUL)
    return { code: 300, description: 'This audience is too small to be used in ads.' }
  return { code: 200, description: 'This audience is ready for use.' }
}

/** Bounds in two significant digits; both -1 while the audience is too small (UNVERIFIED, a choice). */
export function approximateCount(state: MetaState, audience: Audience): { lower: number; upper: number } {
  const { size } = peopleOf(state, audience)
  if (size < SMALLEST_USEFUL) return { lower: -1, upper: -1 }
  const step = 10 ** (Math.floor(Math.log10(size)) - 1)
  const lower = Math.floor(size / step) * step
  return { lower, upper: lower + 2 * step }
}
