import { type Meaning, notJson } from '../meaning.ts'

const itself = { whose: 'this service', next: 'It is repeated by itself.' } as const
const MINUTE = 60_000

const newToken: Meaning = {
  kind: 'auth',
  what: 'TikTok does not accept the access token.',
  whose: 'you',
  next: 'Authorise the app for this advertiser again at TikTok, take the new access token and reconnect the destination.',
}
const tooMany: Meaning = {
  kind: 'throttled',
  what: 'TikTok says that too many calls were made.',
  whose: 'this service',
  next: 'It goes on by itself when TikTok lets calls through again.',
  waitMs: MINUTE,
}
const refused: Meaning = {
  kind: 'config',
  what: 'TikTok refused a value of the request.',
  whose: 'you',
  next: 'Check the advertiser id and the list; if they are right, report the code as a bug.',
}
export const NO_PERMISSION: Meaning = {
  kind: 'auth',
  what: 'The access token lacks the permission for audiences of this advertiser.',
  whose: 'you',
  next: 'Give the app the scope "Audience Management" and the token access to this advertiser, then reconnect the destination.',
}

/** Every code of the envelope that we know (TikTok answers with HTTP 200 all the same). Source: the error codes of the Business API. */
export const ERRORS: Readonly<Record<number, Meaning>> = {
  20001: {
    kind: 'config',
    what: 'TikTok took only part of the request, and does not say which.',
    whose: 'this service',
    next: 'The request is halved until the refused members are found.',
  },
  40000: refused,
  40001: NO_PERMISSION,
  40002: refused,
  40006: {
    ...refused,
    what: 'TikTok does not know the API that was called.',
    next: 'Check the apiVersion of the destination.',
  },
  40007: { ...refused, what: 'TikTok does not find the object of the request.' },
  40011: refused,
  40051: refused,
  40016: tooMany,
  40100: tooMany,
  40132: tooMany,
  40133: tooMany,
  40101: newToken,
  40102: { ...newToken, what: 'The access token has expired.' },
  40103: newToken,
  40104: { ...newToken, what: 'TikTok misses the access token.' },
  40105: newToken,
  40107: newToken,
  40110: newToken,
}

/** A list that TikTok is working on refuses changes for a while. */
export const PROCESSING: Meaning = {
  kind: 'throttled',
  what: 'TikTok is still processing this list, and refuses changes of its members meanwhile.',
  whose: 'this service',
  next: 'It is tried again by itself, for a day at most.',
  waitMs: 5 * MINUTE,
}

export const LIST_GONE: Meaning = {
  kind: 'config',
  what: 'The list is not there any more at TikTok, or belongs to another advertiser.',
  whose: 'you',
  next: 'Choose another list for this sync, or let a new one be made.',
  listGone: true,
}

export const LIST_TOO_LONG_BUSY: Meaning = {
  kind: 'config',
  what: 'TikTok has refused changes of this list for a day.',
  whose: 'you',
  next: 'See the state of the audience in the TikTok Ads Manager; if it looks right there, sync again.',
}

/** What a code of the envelope means, or, where there is none, the HTTP status. */
export function meaningOf(code: number | undefined, status: number): Meaning {
  const known = code === undefined ? undefined : ERRORS[code]
  if (known) return known
  if (code !== undefined && code >= 50_000 && code < 60_000)
    return { kind: 'retry', what: 'TikTok had an error of its own.', ...itself }
  if (code === undefined && status < 300) return notJson('TikTok')
  if (status === 401) return newToken
  if (status === 403) return NO_PERMISSION
  if (status === 429) return tooMany
  if (status === 408 || status >= 500) return { kind: 'retry', what: 'TikTok had an error of its own.', ...itself }
  return {
    ...refused,
    what: 'TikTok refused the request with a code that is not known here.',
    next: 'Look the code up in the error reference of the Business API; a retry will not help.',
  }
}
