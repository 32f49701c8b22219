import { e164 } from '../../identity/e164.ts'
import { trimmedEmail } from '../../identity/email.ts'
import { ownId } from '../../identity/own-id.ts'
import { trimmedText } from '../../identity/trimmed-text.ts'
import type { Identifiers } from '../define.ts'

const plain = { sent: 'plain', sealed: true } as const
const trait = {
  rule: 'As it is, without spaces at its ends; a trait.',
  normalise: trimmedText(255),
  ...plain,
  role: 'describing',
} as const

/** What an event of Segment's API says of a person: ids beside the event, the rest as traits. All in plain text. */
export const identifiers = {
  USER_ID: {
    code: 1,
    label: 'User id',
    rule: 'As it is, trimmed, at most 256 characters: the id that your own calls of Segment use.',
    normalise: ownId,
    ...plain,
    role: 'strong',
    fields: ['user_id', 'customer_id', 'external_id', 'member_id'],
  },
  ANONYMOUS_ID: {
    code: 2,
    label: 'Anonymous id',
    rule: 'As it is, trimmed, at most 256 characters: the id that the website has given to the browser.',
    normalise: ownId,
    ...plain,
    role: 'strong',
    fields: ['anonymous_id', 'ajs_anonymous_id'],
  },
  EMAIL: {
    code: 3,
    label: 'E-mail',
    rule: 'Trimmed, in lowercase; a trait, in plain text.',
    normalise: trimmedEmail,
    ...plain,
    role: 'matching',
    fields: ['email', 'email_address', 'e_mail', 'mail'],
  },
  PHONE: {
    code: 4,
    label: 'Phone',
    rule: 'Plus and digits with the country code; a trait, in plain text.',
    normalise: e164,
    ...plain,
    role: 'matching',
    fields: ['phone', 'phone_number', 'mobile', 'mobile_phone'],
  },
  FIRST_NAME: { code: 5, label: 'First name', ...trait, fields: ['first_name', 'firstname', 'given_name'] },
  LAST_NAME: { code: 6, label: 'Last name', ...trait, fields: ['last_name', 'lastname', 'surname', 'family_name'] },
} as const satisfies Identifiers

/** Identifiers that travel as traits, by the traits' names. */
export const TRAITS: Readonly<Record<string, string>> = {
  EMAIL: 'email',
  PHONE: 'phone',
  FIRST_NAME: 'firstName',
  LAST_NAME: 'lastName',
}
