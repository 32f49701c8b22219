import { trimmedEmail } from '../../identity/email.ts'
import { phoneWithPlus } from '../../identity/phone.ts'
import { type Normalise, Refusal } from '../../identity/refusal.ts'
import { trimmedText } from '../../identity/trimmed-text.ts'
import type { Identifiers } from '../define.ts'

const NOT_E164 = new Refusal('no phone number with a country code')
const TOO_LONG = new Refusal('more than 255 characters')

/** Klaviyo takes E.164 and nothing else. */
const phone: Normalise = (raw, country) => {
  const number = phoneWithPlus(raw, country)
  return typeof number !== 'string' || number === '' || /^\+[1-9]\d{6,14}$/.test(number) ? number : NOT_E164
}

const text = trimmedText(4_096)
const ownId: Normalise = (raw) => {
  const id = text(raw)
  return typeof id === 'string' && id.length > 255 ? TOO_LONG : id
}

const plain = { sent: 'plain', sealed: true } as const
const describing = {
  normalise: text,
  rule: 'As it is, without spaces at its ends.',
  ...plain,
  role: 'describing',
} as const

/** What Klaviyo takes for a profile; named as its attributes. Everything travels in plain text. */
export const identifiers = {
  email: {
    code: 1,
    label: 'E-mail',
    rule: 'Trimmed, in lowercase; sent in plain text.',
    normalise: trimmedEmail,
    ...plain,
    role: 'strong',
    fields: ['email', 'email_address', 'e_mail', 'mail'],
  },
  phone_number: {
    code: 2,
    label: 'Phone',
    rule: 'Plus and digits with the country code; sent in plain text.',
    normalise: phone,
    ...plain,
    role: 'strong',
    fields: ['phone', 'phone_number', 'mobile', 'mobile_phone', 'cell', 'telephone', 'tel', 'msisdn'],
  },
  external_id: {
    code: 3,
    label: 'Your own id',
    rule: 'Trimmed, at most 255 characters.',
    normalise: ownId,
    ...plain,
    role: 'strong',
    fields: ['external_id', 'customer_id', 'user_id'],
  },
  first_name: {
    code: 4,
    label: 'First name',
    ...describing,
    fields: ['first_name', 'firstname', 'given_name', 'forename'],
  },
  last_name: {
    code: 5,
    label: 'Last name',
    ...describing,
    fields: ['last_name', 'lastname', 'surname', 'family_name'],
  },
  organization: { code: 6, label: 'Organisation', ...describing, fields: ['organization', 'organisation', 'company'] },
  title: { code: 7, label: 'Title', ...describing, fields: ['job_title'] },
  locale: { code: 8, label: 'Locale, such as en-US', ...describing, fields: ['locale'] },
  city: { code: 9, label: 'City', ...describing, fields: ['city', 'town'] },
  region: { code: 10, label: 'State or region', ...describing, fields: ['region', 'state', 'province'] },
  country: { code: 11, label: 'Country', ...describing, fields: ['country'] },
  zip: { code: 12, label: 'Postal code', ...describing, fields: ['zip', 'zip_code', 'postal_code', 'postcode'] },
} as const satisfies Identifiers

/** Identifiers that Klaviyo finds a profile by, in the order in which one is believed. */
export const FINDING = ['external_id', 'email', 'phone_number'] as const

/** Attributes that stand inside `location`. */
export const IN_LOCATION: readonly string[] = ['city', 'region', 'country', 'zip']
