import { amount } from '../../identity/amount.ts'
import { birthDate, birthDay, birthMonth, birthYear } from '../../identity/birth.ts'
import { asciiCity } from '../../identity/city.ts'
import { countryCode } from '../../identity/country.ts'
import { deviceId } from '../../identity/device-id.ts'
import { trimmedEmail } from '../../identity/email.ts'
import { externalId } from '../../identity/external-id.ts'
import { genderLetter } from '../../identity/gender.ts'
import { bareName, initial } from '../../identity/name.ts'
import { phoneDigits } from '../../identity/phone.ts'
import { bareCode } from '../../identity/postal-code.ts'
import { type Normalise, Refusal } from '../../identity/refusal.ts'
import { regionCode } from '../../identity/region.ts'
import { yesOrNo } from '../../identity/yes-no.ts'
import type { Identifiers } from '../define.ts'

const NOT_A_PLACE = new Refusal('neither a number of Meta nor a place it numbers')

/** Limited data use. What is neither yes nor no counts as yes: a wish that cannot be read must not be overridden. */
const limitedDataUse: Normalise = (raw) => (yesOrNo(raw) === false ? '' : 'LDU')

/** A number of Meta for a place (0: let Meta find out), or the one place of its kind that Meta has published a number for. */
const numberedPlace =
  (place: Normalise, name: string, number: string): Normalise =>
  (raw) => {
    const text = raw.trim()
    if (text === '' || /^(0|[1-9]\d{0,4})$/.test(text)) return text
    return place(text) === name ? number : NOT_A_PLACE
  }

/** What Meta takes for a person in a customer list; named as the keys of its upload. */
export const identifiers = {
  EMAIL: {
    code: 1,
    label: 'E-mail',
    rule: 'Trimmed, in lowercase; dots and +tags stay.',
    normalise: trimmedEmail,
    sent: 'hashed',
    role: 'strong',
    fields: ['email', 'email_address', 'e_mail', 'mail'],
  },
  PHONE: {
    code: 2,
    label: 'Phone',
    rule: 'Digits with the country code, without plus and leading zeros.',
    normalise: phoneDigits,
    sent: 'hashed',
    role: 'strong',
    fields: ['phone', 'phone_number', 'mobile', 'mobile_phone', 'cell', 'telephone', 'tel', 'msisdn'],
  },
  GEN: {
    code: 3,
    label: 'Gender',
    rule: 'f or m.',
    normalise: genderLetter,
    sent: 'hashed',
    role: 'matching',
    fields: ['gender', 'gen', 'sex'],
  },
  DOBY: {
    code: 4,
    label: 'Year of birth',
    rule: 'Four digits.',
    normalise: birthYear,
    sent: 'hashed',
    role: 'matching',
    fields: ['birth_year', 'year_of_birth', 'doby'],
  },
  DOBM: {
    code: 5,
    label: 'Month of birth',
    rule: 'Two digits.',
    normalise: birthMonth,
    sent: 'hashed',
    role: 'matching',
    fields: ['birth_month', 'month_of_birth', 'dobm'],
  },
  DOBD: {
    code: 6,
    label: 'Day of birth',
    rule: 'Two digits.',
    normalise: birthDay,
    sent: 'hashed',
    role: 'matching',
    fields: ['birth_day', 'day_of_birth', 'dobd'],
  },
  LN: {
    code: 7,
    label: 'Last name',
    rule: 'In lowercase without punctuation and spaces; accents stay.',
    normalise: bareName,
    sent: 'hashed',
    role: 'matching',
    fields: ['last_name', 'lastname', 'surname', 'family_name', 'ln'],
  },
  FN: {
    code: 8,
    label: 'First name',
    rule: 'In lowercase without punctuation and spaces; accents stay.',
    normalise: bareName,
    sent: 'hashed',
    role: 'matching',
    fields: ['first_name', 'firstname', 'given_name', 'forename', 'fn'],
  },
  FI: {
    code: 9,
    label: 'First initial',
    rule: 'The first letter, in lowercase.',
    normalise: initial,
    sent: 'hashed',
    role: 'matching',
    fields: ['first_initial', 'initial', 'fi', 'first_name', 'firstname', 'given_name', 'forename'],
  },
  CT: {
    code: 10,
    label: 'City',
    rule: 'Lowercase a to z and digits; letters with accents are dropped.',
    normalise: asciiCity,
    sent: 'hashed',
    role: 'matching',
    fields: ['city', 'town', 'ct'],
  },
  ST: {
    code: 11,
    label: 'State or province',
    rule: 'Two letters in the USA and Canada, elsewhere the name in lowercase without punctuation and spaces.',
    normalise: regionCode,
    sent: 'hashed',
    role: 'matching',
    fields: ['state', 'province', 'region', 'st'],
  },
  ZIP: {
    code: 12,
    label: 'Postal code',
    rule: 'In lowercase without spaces and hyphens; five digits in the USA.',
    normalise: bareCode,
    sent: 'hashed',
    role: 'matching',
    fields: ['zip', 'zip_code', 'postal_code', 'postcode'],
  },
  COUNTRY: {
    code: 13,
    label: 'Country',
    rule: 'Two letters (ISO 3166-1).',
    normalise: countryCode,
    sent: 'hashed',
    role: 'matching',
    fields: ['country', 'country_code'],
  },
  MADID: {
    code: 14,
    label: 'Mobile advertising id',
    rule: 'In lowercase, hyphens stay; not hashed.',
    normalise: deviceId,
    sent: 'plain',
    role: 'strong',
    fields: ['madid', 'maid', 'mobile_advertiser_id', 'device_id', 'idfa', 'gaid', 'aaid'],
  },
  EXTERN_ID: {
    code: 15,
    label: 'Your own id',
    rule: 'As it is, byte for byte; not hashed.',
    normalise: externalId,
    sent: 'plain',
    role: 'strong',
    fields: ['external_id', 'extern_id', 'customer_id', 'user_id'],
  },
  DATA_PROCESSING_OPTIONS: {
    code: 16,
    label: 'Limited data use (yes or no)',
    rule: 'Yes becomes limited data use (LDU), no becomes nothing; what cannot be read counts as yes.',
    normalise: limitedDataUse,
    sent: 'plain',
    role: 'describing',
    fields: ['limited_data_use', 'ldu', 'data_processing_options'],
  },
  DATA_PROCESSING_OPTIONS_COUNTRY: {
    code: 17,
    label: 'Limited data use: country (1 is the USA, 0 lets Meta find out)',
    rule: "Meta's number of the country.",
    normalise: numberedPlace(countryCode, 'us', '1'),
    sent: 'plain',
    role: 'describing',
    fields: ['ldu_country', 'data_processing_options_country'],
  },
  DATA_PROCESSING_OPTIONS_STATE: {
    code: 18,
    label: 'Limited data use: state (1000 is California, 0 lets Meta find out)',
    rule: "Meta's number of the state.",
    normalise: numberedPlace(regionCode, 'ca', '1000'),
    sent: 'plain',
    role: 'describing',
    fields: ['ldu_state', 'data_processing_options_state'],
  },
  LOOKALIKE_VALUE: {
    code: 19,
    label: 'Value for a value-based list',
    rule: 'A number that is not negative.',
    normalise: amount,
    sent: 'plain',
    role: 'describing',
    fields: ['lookalike_value'],
  },
} as const satisfies Identifiers

/** What Meta takes for a person with an event but not in a list. Codes continue those of the list. */
export const eventIdentifiers = {
  DOB: {
    code: 20,
    label: 'Date of birth',
    rule: 'Eight digits: year, month, day.',
    normalise: birthDate,
    sent: 'hashed',
    role: 'matching',
    fields: ['date_of_birth', 'birth_date', 'birthday', 'dob'],
  },
} as const satisfies Identifiers
