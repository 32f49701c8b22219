import type { Meaning } from '../../meaning.ts'

const itself = { whose: 'this service', next: 'It is repeated by itself.' } as const
const row = {
  kind: 'config',
  whose: 'you',
  next: 'The request is halved until the event is found, which is set aside with this reason; if all are refused, check the settings of the sync.',
} as const

export const EVENT_PERMISSION: Meaning = {
  kind: 'auth',
  what: 'The access token may not send events to this dataset.',
  whose: 'you',
  next: 'Give the user or system user of the token the right to manage the dataset (pixel) and the token ads_management, then reconnect the destination.',
}

/** Codes that mean something else for events than for lists, or are known for events alone. */
export const EVENT_ERRORS: Readonly<Record<string, Meaning>> = {
  '3': EVENT_PERMISSION,
  '10': EVENT_PERMISSION,
  '200': EVENT_PERMISSION,
  '294': EVENT_PERMISSION,
  '5000': { kind: 'retry', what: 'Meta had an unknown error.', ...itself },
  '21009': { kind: 'retry', what: 'Meta had an unknown error.', ...itself },
  '100': { ...row, what: 'Meta refused a value of an event.' },
  '100/33': {
    kind: 'auth',
    what: 'Meta does not find the dataset (pixel), or the access token may not see it.',
    whose: 'you',
    next: 'Check the dataset id, and give the user or system user of the token access to that dataset; then check the destination.',
  },
  '100/2804003': { ...row, what: 'Meta says that an event is older than 7 days.' },
  '100/2804001': { ...row, what: 'Meta refused what names the person of an event.' },
  '100/2804007': { ...row, what: 'Meta refused a value of an event.' },
  '100/2804016': { ...row, what: 'Meta refused a value of an event.' },
  '100/2804017': { ...row, what: 'Meta refused a value of an event.' },
  '100/2804019': { ...row, what: 'Meta refused a value of an event.' },
  '100/2804048': { ...row, what: 'Meta refused a value of an event.' },
}
