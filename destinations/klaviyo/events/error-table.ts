import type { Meaning } from '../../meaning.ts'
import type { Fault } from '../calls.ts'

const next =
  'Make a private API key with the scopes events:write and accounts:read (and those of lists, where lists are synced too), and reconnect the destination.'

/** Statuses that mean something else for events than for lists. */
const EVENT_ERRORS: Readonly<Record<number, Meaning>> = {
  400: {
    kind: 'config',
    what: 'Klaviyo refused the events.',
    whose: 'you',
    next: 'The refused ones are found and set aside; if all are refused, check the settings of the sync.',
  },
  403: { kind: 'auth', what: 'The API key lacks the scope events:write.', whose: 'you', next },
  404: {
    kind: 'config',
    what: 'Klaviyo does not know the endpoint for events.',
    whose: 'you',
    next: 'Set the revision of the destination to a current one.',
  },
}

export const meaningOf = ({ status, meaning }: Pick<Fault, 'status' | 'meaning'>): Meaning =>
  // a page in the place of JSON comes from a guard in front of Klaviyo, and passes
  meaning.kind === 'retry' ? meaning : (EVENT_ERRORS[status] ?? meaning)
