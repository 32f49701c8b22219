import type { Meaning } from '../meaning.ts'

const MINUTE = 60_000

const itself = { whose: 'this service', next: 'It is repeated by itself.' } as const
const newToken = {
  kind: 'auth',
  whose: 'you',
  next: 'Make a new access token with ads_management for this ad account and reconnect the destination.',
} as const
const tooMany = { kind: 'throttled', ...itself, waitMs: 5 * MINUTE } as const
const tooManyNext = 'It goes on by itself when Meta lets calls through again.'
const ours = {
  kind: 'config',
  whose: 'this service',
  next: 'Report this as a bug with the code; a retry will not help.',
} as const
const flagged = {
  kind: 'config',
  what: 'Meta has flagged the list, or something in it, and refuses changes to its members.',
  whose: 'you',
  next: 'Open the list in the Audience Manager and follow what Meta asks for (often another name without a hint at health or finance), or choose another list; then resume the sync.',
} as const
const permission = {
  kind: 'auth',
  what: 'The access token lacks a permission that this call needs.',
  whose: 'you',
  next: 'Give the token ads_management and its user or system user the right to manage this ad account, then reconnect the destination.',
} as const

/**
 * Every code that we know, by `code/subcode`, by `*\/subcode` where the subcode says it alone, and by `code`; the most
 * exact key wins. A flagged or deleted list is `config`: it stops its own sync and not its neighbours at the same account.
 */
export const ERRORS: Readonly<Record<string, Meaning>> = {
  '1': { kind: 'retry', what: 'Meta had an unknown error.', ...itself },
  '1/99': { kind: 'retry', what: 'Meta had an unknown error.', ...itself },
  '2': { kind: 'retry', what: 'Meta is out of service for a moment.', ...itself },

  '4': { ...tooMany, what: 'The app has made too many calls to Meta.', next: tooManyNext },
  '17': { ...tooMany, what: "The token's user has made too many calls to Meta.", next: tooManyNext },
  '32': { ...tooMany, what: 'Too many calls were made for the page behind this token.', next: tooManyNext },
  '613': { ...tooMany, what: 'Meta limits this kind of call, and the limit is reached.', next: tooManyNext },
  '80003': { ...tooMany, what: "The ad account's limit for custom audience calls is reached.", next: tooManyNext },
  '80004': { ...tooMany, what: "The ad account's limit for calls is reached.", next: tooManyNext },
  '341': {
    kind: 'throttled',
    what: 'The app has reached a limit at Meta.',
    ...itself,
    next: 'It is tried again slowly by itself; see the limits of the app in its dashboard if it stays so.',
    waitMs: 60 * MINUTE,
  },

  '10': permission,
  '294': {
    ...permission,
    what: 'The access token lacks the permission ads_management.',
  },
  '270': {
    kind: 'auth',
    what: 'The app behind the access token has development access only.',
    whose: 'you',
    next: 'Request standard access to the Marketing API for the app, or use a token of an app that has it, then reconnect the destination.',
  },
  '200/1870050': {
    kind: 'auth',
    what: 'The ad account does not belong to a business, so it cannot hold customer lists.',
    whose: 'you',
    next: 'Add the ad account to a business portfolio in the Business Manager, then resume the destination.',
  },
  '200/1870090': {
    kind: 'auth',
    what: 'The terms for custom audiences have not been accepted for this ad account.',
    whose: 'you',
    next: 'Let an administrator of the business accept the Custom Audience terms in the Audience Manager, then resume the destination.',
  },
  '368': {
    kind: 'auth',
    what: 'Meta has blocked this action for policy reasons.',
    whose: 'you',
    next: 'See the account quality page at Meta, clear the block or ask for a review, then resume the destination.',
  },
  '2655': {
    kind: 'auth',
    what: 'The terms for marketing messages have not been accepted for this account.',
    whose: 'you',
    next: 'Accept the terms at Meta, then resume the destination.',
  },

  '102': { ...newToken, what: 'Meta no longer accepts the access token: its session ended.' },
  '190': { ...newToken, what: 'Meta does not accept the access token.' },
  '190/458': { ...newToken, what: "The app was removed by the token's user, so Meta refuses the access token." },
  '190/459': {
    ...newToken,
    what: "Meta asks the token's user to log in and pass a check.",
    next: 'Log in at Meta as that user, pass the check, and reconnect the destination if the token is still refused.',
  },
  '190/460': { ...newToken, what: "The password of the token's user was changed, so the access token ended." },
  '190/463': { ...newToken, what: 'The access token has expired.' },
  '190/464': {
    ...newToken,
    what: "The account of the token's user is not confirmed.",
    next: 'Confirm that account at Meta, or reconnect the destination with a token of another user.',
  },
  '190/467': { ...newToken, what: 'The access token was invalidated.' },
  '190/492': { ...newToken, what: "The token's user has lost the role that the access token was made for." },

  '100': {
    kind: 'config',
    what: 'Meta refused a value of the request.',
    whose: 'you',
    next: 'Check the settings of the destination and of the sync; if they are right, report the code as a bug.',
  },
  '100/33': {
    kind: 'config',
    what: 'Meta does not find the list, or the access token may no longer see it.',
    whose: 'you',
    next: 'See in the Audience Manager whether the list is still there. If it is, give the token access to it again; if not, choose another list or let a new one be made.',
    listGone: true,
  },
  '100/1713228': flagged,
  '100/1713230': flagged,
  '100/1713231': flagged,
  '*/1487301': {
    kind: 'config',
    what: 'The list is not shared with this ad account.',
    whose: 'you',
    next: 'Let its owner share it with this ad account, or choose another list.',
  },
  '*/1487366': {
    kind: 'config',
    what: 'The list was deleted at Meta.',
    whose: 'you',
    next: 'Choose another list for this sync, or let a new one be made.',
    listGone: true,
    listDeleted: true,
  },
  '105': { ...ours, what: 'Meta says that the request has too many parameters.' },
  '194': { ...ours, what: 'Meta says that the request lacks a parameter.' },
  '2635': {
    kind: 'config',
    what: 'Meta has retired the API version that this destination uses.',
    whose: 'you',
    next: 'Set apiVersion of the destination to a current version.',
  },

  '2650': {
    kind: 'config',
    what: 'Meta could not change the list.',
    whose: 'you',
    next: 'See the state of the list in the Audience Manager; if it looks right there, report the code as a bug.',
  },
  '2650/1870144': {
    kind: 'config',
    what: 'The list has over 100 million members, which Meta does not replace at once.',
    whose: 'you',
    next: 'Sync the differences instead of replacing the list.',
  },
  '2650/1870145': { kind: 'retry', what: 'Another replacement of the list is still running at Meta.', ...itself },
  '2650/1870147': { ...ours, what: 'Meta misses the first batch of a replacement of the list.' },
  '2650/1870148': {
    kind: 'retry',
    what: 'Meta has carried out a replacement of the list only in part.',
    whose: 'this service',
    next: 'The whole of it is repeated.',
  },
  '2650/1870158': {
    kind: 'config',
    what: 'A replacement of the list took longer than the 90 minutes that Meta allows.',
    whose: 'you',
    next: 'Sync the differences instead of replacing the list.',
  },
  '2650/1870159': {
    kind: 'config',
    what: 'Meta says that the upload session was finished before, although nothing was sent in it from here.',
    whose: 'you',
    next: 'Find out whether another program uploads to this ad account; the next run uses a new session.',
  },
  '2656': {
    kind: 'config',
    what: 'Meta does not delete the list while lookalike audiences are made from it.',
    whose: 'you',
    next: 'Delete those lookalike audiences first, or keep the list.',
  },
}

/** Codes 200 to 299 all name a missing permission. */
export const PERMISSION = permission

/** An ad account that is not there reads the same as a list that is not there, but asks for something else. */
export const ACCOUNT_NOT_FOUND: Meaning = {
  kind: 'auth',
  what: 'Meta does not find the ad account, or the access token may not see it.',
  whose: 'you',
  next: 'Check the ad account id, and give the user or system user of the token access to this ad account.',
}

/** Where no code is known, the HTTP status decides. */
export function meaningOfStatus(status: number): Meaning {
  if (status === 401) return { ...newToken, what: 'Meta does not accept the access token.' }
  if (status === 403) return permission
  if (status === 429) return { ...tooMany, what: 'Meta says that too many calls were made.', next: tooManyNext }
  if (status === 408 || status >= 500) return { kind: 'retry', what: 'Meta had an error of its own.', ...itself }
  return {
    kind: 'config',
    what: 'Meta refused the request with a code that is not known here.',
    whose: 'you',
    next: 'Look the code up in the error reference of the Marketing API; a retry will not help.',
  }
}
