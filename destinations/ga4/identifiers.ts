import { foldedEmail } from '../../identity/email.ts'
import { gaClientId } from '../../identity/ga-client-id.ts'
import { opaqueId } from '../../identity/opaque-id.ts'
import { ownId } from '../../identity/own-id.ts'
import { phoneWithPlus } from '../../identity/phone.ts'
import type { Identifiers } from '../define.ts'

const plain = { sent: 'plain', sealed: true } as const

/** What the Measurement Protocol takes for the person of an event: the id of a browser or of an app names one, the rest goes with it. */
export const identifiers = {
  CLIENT_ID: {
    code: 1,
    label: 'Client id of Google Analytics',
    rule: 'Two numbers with a dot; of a cookie _ga only these. Not hashed.',
    normalise: gaClientId,
    ...plain,
    role: 'strong',
    fields: ['ga_client_id', 'client_id', '_ga'],
  },
  APP_INSTANCE_ID: {
    code: 2,
    label: 'App instance id',
    rule: 'As it is; not hashed.',
    normalise: opaqueId(/^[0-9a-fA-F]{32}$/, 'no app instance id: 32 hexadecimal digits'),
    ...plain,
    role: 'strong',
    fields: ['app_instance_id', 'firebase_app_instance_id'],
  },
  USER_ID: {
    code: 3,
    label: 'User id of Google Analytics',
    rule: 'As it is, trimmed, at most 256 characters; goes with a client id or an app instance id only.',
    normalise: ownId,
    ...plain,
    role: 'matching',
    fields: ['user_id', 'ga_user_id'],
  },
  EMAIL: {
    code: 4,
    label: 'E-mail',
    rule: 'Trimmed, in lowercase; at gmail.com and googlemail.com without dots and +tag; hashed.',
    normalise: foldedEmail,
    sent: 'hashed',
    role: 'matching',
    fields: ['email', 'email_address', 'e_mail', 'mail'],
  },
  PHONE: {
    code: 5,
    label: 'Phone',
    rule: 'Plus and digits with the country code; hashed.',
    normalise: phoneWithPlus,
    sent: 'hashed',
    role: 'matching',
    fields: ['phone', 'phone_number', 'mobile', 'mobile_phone'],
  },
} as const satisfies Identifiers
