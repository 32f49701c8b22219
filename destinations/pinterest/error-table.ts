import type { Meaning } from '../meaning.ts'

/** What a call was about: the account, one list, the records of one, or the audience of one. */
export type Subject = 'account' | 'list' | 'records' | 'audience'

const MINUTE = 60_000

export const REFRESH_REFUSED: Meaning = {
  kind: 'auth',
  what: 'Pinterest does not accept the refresh token: it has ended, was revoked, or belongs to another app.',
  whose: 'you',
  next: 'Let a user with access to the ad account authorise the app again, and reconnect the destination with the new refresh token.',
}
export const TOKEN_REFUSED: Meaning = {
  kind: 'auth',
  what: 'Pinterest does not accept the access token: it has ended or was revoked.',
  whose: 'you',
  next: 'Let a user with access to the ad account authorise the app again, and reconnect the destination, best with a refresh token.',
}
export const FORBIDDEN: Meaning = {
  kind: 'auth',
  what: 'The token may not manage audiences of this ad account.',
  whose: 'you',
  next: 'The token needs the scopes ads:read and ads:write, the user the right to manage audiences of the ad account (Business Access). Then reconnect the destination.',
}
export const MAY_NOT_WRITE: Meaning = {
  ...FORBIDDEN,
  what: 'The token lacks the scope ads:write, without which no list can be changed.',
  next: 'Authorise the app again for ads:read and ads:write, and reconnect the destination with the new refresh token.',
}
const NO_ACCOUNT: Meaning = {
  ...FORBIDDEN,
  what: 'Pinterest does not find the ad account, or the user may not see it.',
  next: 'Check the ad account id and that the user who authorised the app has access to it, then reconnect the destination.',
}
export const LIST_GONE: Meaning = {
  kind: 'config',
  what: 'The customer list is not there any more at Pinterest.',
  whose: 'you',
  next: 'Choose another list for this sync, or let a new one be made.',
  listGone: true,
}
const TOO_MANY: Meaning = {
  kind: 'throttled',
  what: 'Pinterest says that too many calls were made.',
  whose: 'this service',
  next: 'It goes on by itself when Pinterest lets calls through again.',
  waitMs: MINUTE,
}
const OWN_ERROR: Meaning = {
  kind: 'retry',
  what: 'Pinterest had an error of its own.',
  whose: 'this service',
  next: 'It is repeated by itself.',
}
const RECORDS_REFUSED: Meaning = {
  kind: 'config',
  what: 'Pinterest refused the records of the request.',
  whose: 'this service',
  next: 'The request is halved until the refused members are found.',
}
const NO_AUDIENCE: Meaning = {
  kind: 'config',
  what: 'Pinterest has made the customer list, and refused to make an audience of it.',
  whose: 'you',
  next: 'Try again in some minutes: the list is found and only the audience is made. If this goes on, report the code as a bug.',
}
const REFUSED: Meaning = {
  kind: 'config',
  what: 'Pinterest refused the request.',
  whose: 'you',
  next: 'Check the ad account id; if it is right, report the code as a bug.',
}

/** Codes that stand for one thing whatever the status. Source: the error codes of the API's reference; 8 and 29 of the events call. */
export const BY_CODE: Readonly<Record<number, Meaning>> = {
  8: TOO_MANY,
  29: FORBIDDEN,
  1001: LIST_GONE,
  1018: LIST_GONE,
  // "malformatted", and "no valid user list"
  2740: RECORDS_REFUSED,
  2741: RECORDS_REFUSED,
}

/** Statuses after which one record, or their number, may be what Pinterest refuses. */
const OF_ROWS = [400, 413, 422]

/** Whether halving the batch can find the cause. */
export const mayBeRows = (status: number, { kind, listGone }: Meaning): boolean =>
  kind === 'config' && listGone !== true && OF_ROWS.includes(status)

/** What an answer means: the code where it says more than the status, else the status. */
export function meaningOf(status: number, code: number | undefined, subject: Subject): Meaning {
  if (status === 401) return TOKEN_REFUSED
  const known = code === undefined ? undefined : BY_CODE[code]
  if (known && !(known === LIST_GONE && subject === 'account')) return known
  if (status === 403) return FORBIDDEN
  if (status === 404) return subject === 'account' ? NO_ACCOUNT : LIST_GONE
  if (status === 429) return TOO_MANY
  if (status === 408 || status >= 500) return OWN_ERROR
  if (subject === 'audience') return NO_AUDIENCE
  return subject === 'records' && OF_ROWS.includes(status) ? RECORDS_REFUSED : REFUSED
}
