import type { Meaning } from '../meaning.ts'

const MINUTE = 60_000

const KEY_REFUSED: Meaning = {
  kind: 'auth',
  what: 'The endpoint does not accept the write key.',
  whose: 'you',
  next: 'Copy the write key of the source again, see that the source is switched on, and reconnect the destination.',
}
const NOT_FOUND: Meaning = {
  kind: 'config',
  what: 'There is nothing that takes events at the endpoint.',
  whose: 'you',
  next: 'Check the endpoint: it is the address without /v1/batch.',
}
const MOVED: Meaning = {
  kind: 'config',
  what: 'The endpoint sends us to another address, which is not followed.',
  whose: 'you',
  next: 'Give the address to which it leads as the endpoint.',
}
const REFUSED: Meaning = {
  kind: 'config',
  what: 'The endpoint refused the request.',
  whose: 'this service',
  next: 'The batch is halved until the refused events are found.',
}
const TOO_MANY: Meaning = {
  kind: 'throttled',
  what: 'The endpoint says that too many calls were made.',
  whose: 'this service',
  next: 'It goes on by itself when calls are let through again.',
  waitMs: MINUTE,
}
const OWN_ERROR: Meaning = {
  kind: 'retry',
  what: 'The endpoint had an error of its own.',
  whose: 'this service',
  next: 'It is repeated by itself, under the same ids.',
}

/** Statuses after which one event, or the size of a request, may be what is refused. */
const OF_ROWS = [400, 413, 422]

export const mayBeRows = (status: number): boolean => OF_ROWS.includes(status)

/** What a status means that is not 2xx. */
export function meaningOf(status: number): Meaning {
  if (status === 401 || status === 403) return KEY_REFUSED
  if (status === 404 || status === 405) return NOT_FOUND
  if (status === 429) return TOO_MANY
  if (status < 400) return MOVED
  return status === 408 || status >= 500 ? OWN_ERROR : REFUSED
}
