import type { Meaning } from '../../meaning.ts'
import type { Fault } from '../calls.ts'

const FORBIDDEN: Meaning = {
  kind: 'auth',
  what: 'The credentials may not send events to this Google Analytics property, or there is no such property.',
  whose: 'you',
  next: 'Check the property id, give the user or service account the role Editor or Administrator on the property, and consent to the scope "datamanager". Then reconnect the destination.',
}
const NO_STREAM: Meaning = {
  kind: 'config',
  what: 'Google does not find a web stream of this measurement id in the property, or the property takes no events.',
  whose: 'you',
  next: 'Check gaPropertyId and gaMeasurementId of the destination; subproperties and roll-up properties take none.',
}
const NAME: Meaning = {
  kind: 'config',
  what: 'Google does not take the name of the event or of a parameter.',
  whose: 'you',
  next: 'Choose another name for the events of the sync, or for its properties: reserved names are refused.',
}

/** Statuses and reasons that mean something else for events than for lists. A reason of one event is told with its member. */
export const EVENT_ERRORS: Readonly<Record<string, Meaning>> = {
  PERMISSION_DENIED: FORBIDDEN,
  'http 403': FORBIDDEN,
  NOT_FOUND: NO_STREAM,
  'http 404': NO_STREAM,
  INVALID_DESTINATION: NO_STREAM,
  INVALID_PROPERTY_TYPE: NO_STREAM,
  INVALID_STREAM_TYPE: NO_STREAM,
  GOOGLE_ANALYTICS_SUBPROPERTY_OR_ROLLUP_PROPERTY_NOT_ALLOWED: NO_STREAM,
  DESTINATION_ACCOUNT_TYPE_MISMATCH: NO_STREAM,
  INVALID_EVENT_NAME: NAME,
  RESERVED_NAME_USED: NAME,
  NOT_ALLOWLISTED: {
    kind: 'config',
    what: 'Google has not allowed this property to send events with transaction ids.',
    whose: 'you',
    next: 'Switch off transactionIds of the sync.',
  },
  TOO_MANY_EVENTS: {
    kind: 'config',
    what: 'Google says that the request has too many events.',
    whose: 'this service',
    next: 'Report this as a bug with the code; a retry will not help.',
  },
}

export function meaningOf({ named, meaning }: Pick<Fault, 'named' | 'meaning'>): Meaning {
  const [status = '', reason = ''] = named.split('/')
  return EVENT_ERRORS[reason] ?? EVENT_ERRORS[status] ?? meaning
}
