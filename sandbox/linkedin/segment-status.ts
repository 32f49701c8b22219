import type { LinkedInState, Segment } from './state.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** LinkedIn says up to 48 hours for the first build. */
export const BUILD_MS = 24 * HOUR_MS
/** Near real time after that. */
export const UPDATE_MS = 60_000
const MATCHED_DAYS = 7

/** What the destination LINKEDIN says of a segment. */
export function describeDestination(state: LinkedInState, segment: Segment): Record<string, unknown> {
  settle(state, segment)
  return {
    destination: 'LINKEDIN',
    status: statusOf(segment, state.clock.now()),
    destinationSegmentId: `urn:li:adSegment:${segment.adSegmentId}`,
    audienceSize: segment.settledSize,
    matchedCount: matchedLately(state, segment),
    created: segment.createdAt,
    lastModified: segment.contentAt ?? segment.createdAt,
  }
}

/** Before a change: what was built until now is what LinkedIn goes on to tell while it works on the change. */
export function settle(state: LinkedInState, segment: Segment): void {
  if (statusByTime(segment, state.clock.now()) === 'READY')
    segment.settledSize = Math.floor(segment.rows.size * matchRate(state, segment))
}

function statusOf(segment: Segment, now: number): string {
  return segment.condition ?? statusByTime(segment, now)
}

function statusByTime({ firstContentAt, contentAt }: Segment, now: number): 'BUILDING' | 'UPDATING' | 'READY' {
  if (firstContentAt === null || now < firstContentAt + BUILD_MS) return 'BUILDING'
  return now < (contentAt ?? 0) + UPDATE_MS ? 'UPDATING' : 'READY'
}

/** Only what came in the last seven days counts. */
function matchedLately(state: LinkedInState, segment: Segment): number {
  const today = dayOf(state.clock.now())
  let added = 0
  for (const [day, count] of Object.entries(segment.addedByDay)) if (Number(day) > today - MATCHED_DAYS) added += count
  return Math.floor(added * matchRate(state, segment))
}

export function countAdded(state: LinkedInState, segment: Segment, count: number): void {
  const today = dayOf(state.clock.now())
  for (const day of Object.keys(segment.addedByDay))
    if (Number(day) <= today - MATCHED_DAYS) delete segment.addedByDay[day]
  segment.addedByDay[today] = (segment.addedByDay[today] ?? 0) + count
}

function matchRate({ accounts }: LinkedInState, { accountId }: Segment): number {
  return accounts.get(accountId)?.matchRate ?? 1
}

const dayOf = (now: number) => Math.floor(now / DAY_MS)
