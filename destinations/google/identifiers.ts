import { countryLetters } from '../../identity/country.ts'
import { deviceId } from '../../identity/device-id.ts'
import { foldedEmail } from '../../identity/email.ts'
import { externalId } from '../../identity/external-id.ts'
import { familyName, givenName } from '../../identity/name.ts'
import { phoneWithPlus } from '../../identity/phone.ts'
import { postalCode } from '../../identity/postal-code.ts'
import type { Normalise } from '../../identity/refusal.ts'
import { yesOrNo } from '../../identity/yes-no.ts'
import type { Identifiers } from '../define.ts'

/** What is neither yes nor no is no consent: nobody's silence counts as one. */
const consent: Normalise = (raw) => {
  if (raw.trim() === '') return ''
  return /^(CONSENT_)?GRANTED$/i.test(raw.trim()) || yesOrNo(raw) === true ? 'CONSENT_GRANTED' : 'CONSENT_DENIED'
}

const address = { role: 'matching', partOf: 'address' } as const
const consented = { sent: 'plain', role: 'describing', groups: true } as const

/** What Google takes for a member. A list is of one kind: contact data, mobile ids, or user ids. */
export const identifiers = {
  email: {
    code: 1,
    label: 'E-mail',
    rule: 'Trimmed, in lowercase; at gmail.com and googlemail.com without dots and +tag.',
    normalise: foldedEmail,
    sent: 'hashed',
    role: 'strong',
    fields: ['email', 'email_address', 'e_mail', 'mail'],
  },
  phone: {
    code: 2,
    label: 'Phone',
    rule: 'Plus and digits with the country code.',
    normalise: phoneWithPlus,
    sent: 'hashed',
    role: 'strong',
    fields: ['phone', 'phone_number', 'mobile', 'mobile_phone', 'cell', 'telephone', 'tel', 'msisdn'],
  },
  first_name: {
    code: 3,
    label: 'Address: first name',
    rule: 'Trimmed, in lowercase, without a title in front. An address needs all four parts.',
    normalise: givenName,
    sent: 'hashed',
    ...address,
    fields: ['first_name', 'firstname', 'given_name', 'forename'],
  },
  last_name: {
    code: 4,
    label: 'Address: last name',
    rule: 'Trimmed, in lowercase, without suffixes such as jr. An address needs all four parts.',
    normalise: familyName,
    sent: 'hashed',
    ...address,
    fields: ['last_name', 'lastname', 'surname', 'family_name'],
  },
  country: {
    code: 5,
    label: 'Address: country',
    rule: 'Two letters (ISO 3166-1); not hashed. An address needs all four parts.',
    normalise: countryLetters,
    sent: 'plain',
    ...address,
    fields: ['country', 'country_code'],
  },
  zip: {
    code: 6,
    label: 'Address: postal code',
    rule: 'Trimmed; not hashed. An address needs all four parts.',
    normalise: postalCode,
    sent: 'plain',
    ...address,
    fields: ['zip', 'zip_code', 'postal_code', 'postcode'],
  },
  mobile_id: {
    code: 7,
    label: 'Mobile advertising id',
    rule: 'In lowercase, hyphens stay; not hashed.',
    normalise: deviceId,
    sent: 'plain',
    role: 'strong',
    // not suggested: a list of mobile ids takes nothing else
    fields: [],
  },
  user_id: {
    code: 8,
    label: 'Your own id of a user',
    rule: 'As it is, byte for byte; not hashed.',
    normalise: externalId,
    sent: 'plain',
    role: 'strong',
    fields: [],
  },
  ad_user_data: {
    code: 9,
    label: 'Consent: ad user data (yes or no)',
    rule: 'Yes is a consent given, anything else one denied; where the field is empty the setting of the sync counts.',
    normalise: consent,
    ...consented,
    fields: ['ad_user_data', 'consent_ad_user_data'],
  },
  ad_personalization: {
    code: 10,
    label: 'Consent: ad personalisation (yes or no)',
    rule: 'Yes is a consent given, anything else one denied; where the field is empty the setting of the sync counts.',
    normalise: consent,
    ...consented,
    fields: ['ad_personalization', 'consent_ad_personalization'],
  },
} as const satisfies Identifiers

/** The kinds of lists, as Google calls them, with what each takes beside the consents. */
export const KINDS = {
  CONTACT_ID: ['email', 'phone', 'first_name', 'last_name', 'country', 'zip'],
  MOBILE_ID: ['mobile_id'],
  USER_ID: ['user_id'],
} as const satisfies Record<string, readonly (keyof typeof identifiers)[]>

export type Kind = keyof typeof KINDS

const CONSENTS = ['ad_user_data', 'ad_personalization']
const kinds: Readonly<Record<Kind, readonly string[]>> = KINDS
const kindNames: readonly Kind[] = ['CONTACT_ID', 'MOBILE_ID', 'USER_ID']

export const acceptedBy = (kind: Kind): string[] => [...kinds[kind], ...CONSENTS]

/** The one kind of list that takes all of these; undefined where none does. */
export const kindFor = (names: readonly string[]): Kind | undefined =>
  kindNames.find((kind) => names.every((name) => CONSENTS.includes(name) || kinds[kind].includes(name)))
