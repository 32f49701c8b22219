import type { Meaning } from '../meaning.ts'

const MINUTE = 60_000
const itself = { whose: 'this service', next: 'It is repeated by itself.' } as const
const ours = {
  kind: 'config',
  whose: 'this service',
  next: 'Report this as a bug with the code; a retry will not help.',
} as const

export const TOKEN_REFUSED: Meaning = {
  kind: 'auth',
  what: 'Google does not give an access token for these credentials: the consent was withdrawn, the refresh token has ended, or the key was deleted.',
  whose: 'you',
  next: 'Consent again (or make a new key for the service account) and reconnect the destination.',
}
const UNAUTHENTICATED: Meaning = {
  kind: 'auth',
  what: 'Google does not accept the access token.',
  whose: 'you',
  next: 'Consent again and reconnect the destination.',
}
export const FORBIDDEN: Meaning = {
  kind: 'auth',
  what: 'The credentials may not act for this Google Ads account, or there is no such account.',
  whose: 'you',
  next: 'Check the customer id and the manager id, give the user or service account access to the account, and consent to the scope "datamanager". Then reconnect the destination.',
}
export const API_DISABLED: Meaning = {
  kind: 'auth',
  what: 'The Data Manager API is not enabled in the Cloud project of these credentials.',
  whose: 'you',
  next: 'Enable "Data Manager API" in the Google Cloud console for that project, then check the destination.',
}
export const TERMS: Meaning = {
  kind: 'auth',
  what: 'The Customer Match terms have not been accepted for this Google Ads account.',
  whose: 'you',
  next: 'Accept the customer data terms in Google Ads (Tools, Audience manager, Customer match), then check the destination.',
}
export const NOT_ALLOWED: Meaning = {
  kind: 'auth',
  what: 'Google does not allow this account to use Customer Match.',
  whose: 'you',
  next: 'See the Customer Match policy at Google: the account needs a history of good standing. Then check the destination.',
}
const TOO_MANY: Meaning = {
  kind: 'throttled',
  what: 'Google says that the quota of the Cloud project is used up.',
  whose: 'this service',
  next: 'It goes on by itself when Google lets calls through again.',
  waitMs: MINUTE,
}
export const LIST_GONE: Meaning = {
  kind: 'config',
  what: 'The list is not there any more at Google, or belongs to another account.',
  whose: 'you',
  next: 'Choose another list for this sync, or let a new one be made.',
  listGone: true,
}
const REFUSED: Meaning = {
  kind: 'config',
  what: 'Google refused the request.',
  whose: 'you',
  next: 'Check the settings of the destination and of the sync; if they are right, report the code as a bug.',
}

/** Reasons that say more than the status. Those of single members are told with them, see `MEMBER_REASONS`. */
export const REASONS: Readonly<Record<string, Meaning>> = {
  TERMS_AND_CONDITIONS_NOT_SIGNED: TERMS,
  NOT_ALLOWLISTED: NOT_ALLOWED,
  SERVICE_DISABLED: API_DISABLED,
  INVALID_USER_LIST_ID: LIST_GONE,
  INVALID_USER_LIST_TYPE: {
    kind: 'config',
    what: 'The list does not take this kind of identifiers.',
    whose: 'you',
    next: 'Map identifiers of the kind that the list was made for (contact data, mobile ids or user ids), or choose another list.',
  },
  INVALID_DESTINATION: {
    kind: 'config',
    what: 'Google cannot add to this list now: it is closed, or of a kind that takes no uploads.',
    whose: 'you',
    next: 'Open the list in the Audience manager of Google Ads, or choose another one.',
  },
  SENSITIVE_USER_LIST_IMMUTABLE: {
    kind: 'config',
    what: 'Google has closed this list for legal reasons and refuses changes of its members.',
    whose: 'you',
    next: 'See the list in the Audience manager of Google Ads, or choose another one.',
  },
  DISPLAY_NAME_ALREADY_USED: {
    kind: 'config',
    what: 'There is a list of this name in the Google Ads account already.',
    whose: 'you',
    next: 'Choose another name, or choose that list.',
  },
  MEMBERSHIP_DURATION_TOO_LONG: {
    kind: 'config',
    what: 'Members cannot stay so long in a list.',
    whose: 'you',
    next: 'Set membershipDays of the sync to 540 or less.',
  },
  DESTINATION_ACCOUNT_TYPE_MISMATCH: { ...FORBIDDEN, what: 'The customer id is not one of a Google Ads account.' },
  DUPLICATE_DESTINATION_REFERENCE: { ...ours, what: 'Google says that a destination is named twice.' },
  TOO_MANY_DESTINATIONS: { ...ours, what: 'Google says that the request has too many destinations.' },
  MULTIPLE_DATA_TYPES_NOT_ALLOWED: { ...ours, what: 'Google says that the request mixes kinds of members.' },
  TOO_MANY_AUDIENCE_MEMBERS: { ...ours, what: 'Google says that the request has too many members.' },
  INTERNAL_ERROR: { kind: 'retry', what: 'Google had an error of its own.', ...itself },
  DEADLINE_EXCEEDED: { kind: 'retry', what: 'Google did not finish in time.', ...itself },
  RESOURCE_EXHAUSTED: TOO_MANY,
}

/** Why Google refuses one member of a request: the whole request is refused for it. */
export const MEMBER_REASONS: Readonly<Record<string, string>> = {
  REQUIRED_FIELD_MISSING: 'a part is missing',
  INVALID_FORMAT: 'a value has a wrong form',
  INVALID_HEX_ENCODING: 'a hash is not written in hexadecimal digits',
  INVALID_SHA256_FORMAT: 'a hash is none',
  INVALID_POSTAL_CODE: 'the postal code is none',
  INVALID_REGION_CODE: 'the country code is none',
  INVALID_AUDIENCE_MEMBER: 'Google cannot use this member',
  NO_IDENTIFIERS_PROVIDED: 'there is nothing that names a person',
  TOO_MANY_USER_IDENTIFIERS: 'there are too many identifiers',
  EVENT_TIME_INVALID: 'the time of the event is not within what Google takes',
  INVALID_EVENT: 'Google cannot use this event',
  FIELD_VALUE_TOO_LONG: 'a value is too long',
}

/** Canonical statuses of Google's APIs. */
const STATUS: Readonly<Record<string, Meaning>> = {
  INVALID_ARGUMENT: REFUSED,
  NOT_FOUND: LIST_GONE,
  ALREADY_EXISTS: REFUSED,
  UNAUTHENTICATED,
  PERMISSION_DENIED: FORBIDDEN,
  RESOURCE_EXHAUSTED: TOO_MANY,
  ABORTED: { kind: 'retry', what: 'Another change came in between at Google.', ...itself },
  INTERNAL: { kind: 'retry', what: 'Google had an error of its own.', ...itself },
  UNAVAILABLE: { kind: 'retry', what: 'Google is out of service for a moment.', ...itself },
  DEADLINE_EXCEEDED: { kind: 'retry', what: 'Google did not finish in time.', ...itself },
}

export const meaningOf = (status: string | undefined, reason: string | undefined, http: number): Meaning =>
  REASONS[reason ?? ''] ?? STATUS[status ?? ''] ?? meaningOfStatus(http)

/** Where Google names no status of its own, that of HTTP decides. */
export function meaningOfStatus(http: number): Meaning {
  if (http === 401) return UNAUTHENTICATED
  if (http === 403) return FORBIDDEN
  if (http === 404) return LIST_GONE
  if (http === 429) return TOO_MANY
  if (http === 408 || http === 409 || http >= 500)
    return { kind: 'retry', what: 'Google had an error of its own.', ...itself }
  return REFUSED
}
