import { deviceId } from '../../identity/device-id.ts'
import { spacelessEmail } from '../../identity/email.ts'
import { phoneDigits, phoneWithPlus } from '../../identity/phone.ts'
import type { Normalise } from '../../identity/refusal.ts'
import type { Identifiers } from '../define.ts'

/** TikTok's pages disagree about the plus: the destination's setting decides. */
const phone: Normalise = (raw, country, settings) =>
  settings?.phoneFormat === 'digits' ? phoneDigits(raw, country) : phoneWithPlus(raw, country)

/** What TikTok takes for a person in a streamed audience; named as in its `id_schema`. */
export const identifiers = {
  EMAIL_SHA256: {
    code: 1,
    label: 'E-mail',
    rule: 'In lowercase, without spaces; dots and +tags stay.',
    normalise: spacelessEmail,
    sent: 'hashed',
    role: 'strong',
    fields: ['email', 'email_address', 'e_mail', 'mail'],
  },
  PHONE_SHA256: {
    code: 2,
    label: 'Phone',
    rule: 'Plus and digits with the country code; by a setting of the destination, digits alone.',
    normalise: phone,
    sent: 'hashed',
    role: 'strong',
    fields: ['phone', 'phone_number', 'mobile', 'mobile_phone', 'cell', 'telephone', 'tel', 'msisdn'],
  },
  IDFA_SHA256: {
    code: 3,
    label: 'Apple advertising id (IDFA)',
    rule: 'In lowercase, hyphens stay.',
    normalise: deviceId,
    sent: 'hashed',
    role: 'strong',
    fields: ['idfa'],
  },
  AAID_SHA256: {
    code: 4,
    label: 'Google advertising id (AAID)',
    rule: 'In lowercase, hyphens stay.',
    normalise: deviceId,
    sent: 'hashed',
    role: 'strong',
    fields: ['aaid', 'gaid', 'google_advertising_id'],
  },
} as const satisfies Identifiers

/** What TikTok takes in an uploaded file and not in a stream: one column for both kinds of device. */
export const fileIdentifiers = {
  MAID_SHA256: {
    code: 5,
    label: 'Mobile advertising id',
    rule: 'In lowercase, hyphens stay.',
    normalise: deviceId,
    sent: 'hashed',
    role: 'strong',
    fields: ['maid', 'madid', 'mobile_advertiser_id'],
  },
} as const satisfies Identifiers
