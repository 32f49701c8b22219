import type { Meaning } from '../meaning.ts'

const MINUTE = 60_000

const GONE: Meaning = {
  kind: 'auth',
  what: 'The receiver says that it is gone for good and wants no more events (410).',
  whose: 'you',
  next: 'Give the destination the address of a receiver that is there, and reconnect it; or switch its syncs off.',
}
const TOO_MANY: Meaning = {
  kind: 'throttled',
  what: 'The receiver asks for fewer requests.',
  whose: 'this service',
  next: 'It goes on by itself after the time that the receiver names.',
  waitMs: MINUTE,
}
const MOVED: Meaning = {
  kind: 'retry',
  what: 'The receiver sends us to another address, which is not followed.',
  whose: 'you',
  next: 'Give the destination the address to which it leads; it is repeated by itself.',
}
const REFUSED: Meaning = {
  kind: 'retry',
  what: 'The receiver refused the request.',
  whose: 'you',
  next: "See in the receiver's log why: with 401 or 403 it is the secret, most often. It is repeated by itself, under the same id.",
}
const OWN_ERROR: Meaning = {
  kind: 'retry',
  what: 'The receiver had an error of its own.',
  whose: 'you',
  next: "See the receiver's log if this goes on; it is repeated by itself, under the same id.",
}

/** What a status means that is not 2xx. 502 and 504 ask for patience only where they name a time. */
export function meaningOf(status: number, retryAfterMs: number | undefined): Meaning {
  if (status === 410) return GONE
  if (status === 429) return TOO_MANY
  if (retryAfterMs !== undefined && (status === 502 || status === 503 || status === 504)) return TOO_MANY
  if (status < 400) return MOVED
  return status < 500 ? REFUSED : OWN_ERROR
}
