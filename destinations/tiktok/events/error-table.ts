import type { Meaning } from '../../meaning.ts'
import type { Fault } from '../calls.ts'

const refused: Meaning = {
  kind: 'config',
  what: 'TikTok refused a value of an event.',
  whose: 'you',
  next: 'The request is halved until the event is found, which is set aside with this reason; if all are refused, check the event source id and the settings of the sync.',
}
const NO_PERMISSION: Meaning = {
  kind: 'auth',
  what: 'The access token may not send events to this event source.',
  whose: 'you',
  next: 'Give the token access to the pixel or event set (in the Events Manager, or by an app with the scope for events), then reconnect the destination.',
}

/** Codes that mean something else for events than for lists. */
const EVENT_ERRORS: Readonly<Record<number, Meaning>> = {
  20001: { ...refused, what: 'TikTok took only part of the events, and does not say which.' },
  40000: refused,
  40001: NO_PERMISSION,
  40002: refused,
  40007: {
    ...refused,
    what: 'TikTok does not find the event source.',
    next: 'Check the event source id of the destination.',
  },
  40011: refused,
  40051: refused,
}

/** Codes after which one event of the request may be what TikTok refuses. */
export const ROWS_SUSPECT: ReadonlySet<number> = new Set([20001, 40000, 40002, 40051])
export const PARTLY = 20001
/** The same request was there before: it is done. */
export const DUPLICATE = 40050

export const meaningOf = ({ code, meaning }: Fault): Meaning => EVENT_ERRORS[code ?? 0] ?? meaning
