import type { Meaning } from '../meaning.ts'

/** What a call was about: the account, one segment, or the members of one. */
export type Subject = 'account' | 'list' | 'members'

const MINUTE = 60_000
const itself = { whose: 'this service', next: 'It is repeated by itself.' } as const

export const REFRESH_REFUSED: Meaning = {
  kind: 'auth',
  what: 'LinkedIn does not accept the refresh token: it has ended (after a year), was revoked, or belongs to another app.',
  whose: 'you',
  next: 'Let a member with a role in the ad account authorise the app again, and reconnect the destination with the new refresh token.',
}
export const TOKEN_REFUSED: Meaning = {
  kind: 'auth',
  what: 'LinkedIn does not accept the access token: it has ended or was revoked.',
  whose: 'you',
  next: 'Let a member with a role in the ad account authorise the app again, and reconnect the destination, best with a refresh token.',
}
export const FORBIDDEN: Meaning = {
  kind: 'auth',
  what: 'The app or the member may not manage audiences of this ad account.',
  whose: 'you',
  next: "The app needs LinkedIn's Audiences program (scope rw_dmp_segments), the member a role above VIEWER in the ad account. Then reconnect the destination.",
}
export const VERSION_ENDED: Meaning = {
  kind: 'config',
  what: 'LinkedIn has retired the API version that this destination uses.',
  whose: 'you',
  next: 'Set apiVersion of the destination to a current version, such as the month before last.',
}
export const LIST_GONE: Meaning = {
  kind: 'config',
  what: 'The segment is not there any more at LinkedIn.',
  whose: 'you',
  next: 'Choose another list for this sync, or let a new one be made.',
  listGone: true,
}
/** LinkedIn needs a while until a new segment takes members. */
export const NOT_YET: Meaning = {
  kind: 'throttled',
  what: 'LinkedIn has made the segment and does not take members for it yet.',
  whose: 'this service',
  next: 'It is tried again by itself; it takes a minute or two.',
  waitMs: 20_000,
}
const REFUSED: Meaning = {
  kind: 'config',
  what: 'LinkedIn refused the request.',
  whose: 'you',
  next: 'Check the ad account id and the source platform; if they are right, report the code as a bug.',
}

/** Codes of the body that say more than the status. */
const BY_CODE: Readonly<Record<string, Meaning>> = {
  VERSION_MISSING: {
    ...VERSION_ENDED,
    what: 'LinkedIn misses the version of its API in the request.',
    whose: 'this service',
    next: 'Report this as a bug with the code.',
  },
  NONEXISTENT_VERSION: VERSION_ENDED,
}

/** What an answer means; `retired` where its text says that the version is not active. */
export function meaningOf(status: number, code: string | undefined, subject: Subject, retired = false): Meaning {
  const known = code === undefined ? undefined : BY_CODE[code]
  if (known) return known
  if (status === 426 || retired) return VERSION_ENDED
  if (status === 401) return TOKEN_REFUSED
  if (status === 403) return FORBIDDEN
  if (status === 404 && subject === 'account')
    return { ...FORBIDDEN, what: 'LinkedIn does not find the ad account, or the member may not see it.' }
  if (status === 404) return LIST_GONE
  if (status === 429)
    return {
      kind: 'throttled',
      what: 'LinkedIn says that too many calls were made.',
      whose: 'this service',
      next: 'It goes on by itself when LinkedIn lets calls through again.',
      waitMs: MINUTE,
    }
  if (status === 408 || status >= 500) return { kind: 'retry', what: 'LinkedIn had an error of its own.', ...itself }
  return REFUSED
}
