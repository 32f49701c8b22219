import { type Meaning, notJson } from '../meaning.ts'

const itself = { whose: 'this service', next: 'It is repeated by itself.' } as const

const KEY: Meaning = {
  kind: 'auth',
  what: 'Klaviyo does not accept the API key.',
  whose: 'you',
  next: 'Make a private API key with full access to lists and profiles and read access to accounts, and reconnect the destination.',
}
const SCOPE: Meaning = {
  kind: 'auth',
  what: 'The API key lacks a scope that this call needs.',
  whose: 'you',
  next: 'Make a private API key with full access to lists and profiles and read access to accounts, and reconnect the destination.',
}
const REVISION: Meaning = {
  kind: 'config',
  what: 'Klaviyo has retired the endpoint or the revision that this destination uses.',
  whose: 'you',
  next: 'Set the revision of the destination to a current one; if it is, report this as a bug.',
}
export const LIST_GONE: Meaning = {
  kind: 'config',
  what: 'The list is not there any more at Klaviyo.',
  whose: 'you',
  next: 'Choose another list for this sync, or let a new one be made.',
  listGone: true,
}
/** On a list's own address: a key that may not see lists is refused with a 403, so a 404 says that the list was deleted. */
export const LIST_DELETED: Meaning = { ...LIST_GONE, what: 'The list was deleted at Klaviyo.', listDeleted: true }
const REFUSED: Meaning = {
  kind: 'config',
  what: 'Klaviyo refused the request.',
  whose: 'you',
  next: 'Check the settings of the destination and of the sync; if they are right, report the code as a bug.',
}
export const TOO_LARGE: Meaning = {
  kind: 'config',
  what: 'The request is larger than the 5 MB that Klaviyo takes.',
  whose: 'this service',
  next: 'It is sent in halves.',
}

const BY_STATUS: Readonly<Record<number, Meaning>> = {
  401: KEY,
  403: SCOPE,
  404: LIST_GONE,
  405: REVISION,
  409: { kind: 'retry', what: 'Klaviyo says that another change is under way.', ...itself },
  410: REVISION,
  413: TOO_LARGE,
  415: {
    ...REFUSED,
    what: 'Klaviyo did not understand the form of the request.',
    whose: 'this service',
    next: 'Report this as a bug with the code.',
  },
  429: {
    kind: 'throttled',
    what: 'Klaviyo says that too many calls were made.',
    whose: 'this service',
    next: 'It goes on by itself when Klaviyo lets calls through again.',
    waitMs: 60_000,
  },
}

/** What a status means. A 403 that is a page comes from a guard in front of Klaviyo and passes; one that is JSON is a scope. */
export function meaningOf(status: number, isJson: boolean): Meaning {
  if (status === 403 && !isJson)
    return { kind: 'retry', what: 'A guard in front of Klaviyo stopped the request.', ...itself }
  const known = BY_STATUS[status]
  if (known) return known
  if (status === 408 || status >= 500) return { kind: 'retry', what: 'Klaviyo had an error of its own.', ...itself }
  return status < 400 ? notJson('Klaviyo') : REFUSED
}
