import { deviceId } from '../../identity/device-id.ts'
import { e164 } from '../../identity/e164.ts'
import { trimmedEmail } from '../../identity/email.ts'
import { gaClientId } from '../../identity/ga-client-id.ts'
import { ipAddress } from '../../identity/ip-address.ts'
import { opaqueId } from '../../identity/opaque-id.ts'
import { ownId } from '../../identity/own-id.ts'
import { userAgent } from '../../identity/user-agent.ts'
import type { Identifiers } from '../define.ts'

const plain = { sent: 'plain', sealed: true } as const
const strong = { ...plain, role: 'strong' } as const
const device = { ...plain, role: 'matching', partOf: 'device' } as const
const ownRule = 'As it is, trimmed, at most 256 characters.'
const asItIs = 'As it is, case included.'

/** What a receiver may be told of a person, under these names and in plain text. Code 255 is taken by an event's properties. */
export const identifiers = {
  MEMBER_ID: {
    code: 1,
    label: 'Member id',
    rule: ownRule,
    normalise: ownId,
    ...strong,
    fields: ['member_id', 'id'],
  },
  EMAIL: {
    code: 2,
    label: 'E-mail',
    rule: 'Trimmed, in lowercase.',
    normalise: trimmedEmail,
    ...strong,
    fields: ['email', 'email_address', 'e_mail', 'mail'],
  },
  PHONE: {
    code: 3,
    label: 'Phone',
    rule: 'Plus and digits with the country code.',
    normalise: e164,
    ...strong,
    fields: ['phone', 'phone_number', 'mobile', 'mobile_phone'],
  },
  EXTERNAL_ID: {
    code: 4,
    label: 'Your own id',
    rule: ownRule,
    normalise: ownId,
    ...strong,
    fields: ['external_id', 'customer_id', 'user_id'],
  },
  ANONYMOUS_ID: {
    code: 5,
    label: 'Id of a visitor without a name',
    rule: ownRule,
    normalise: ownId,
    ...strong,
    fields: ['anonymous_id', 'visitor_id'],
  },
  GA_CLIENT_ID: {
    code: 6,
    label: 'Client id of Google Analytics',
    rule: 'Two numbers with a dot; of a cookie _ga only these.',
    normalise: gaClientId,
    ...strong,
    fields: ['ga_client_id', 'client_id', '_ga'],
  },
  FBP: {
    code: 7,
    label: "Browser id of Meta's cookie _fbp",
    rule: asItIs,
    normalise: opaqueId(
      /^fb\.\d{1,2}\.\d{10,14}\.[\w.-]{1,80}$/,
      'no _fbp cookie, such as fb.1.1789990000000.1234567890',
    ),
    ...strong,
    fields: ['fbp', '_fbp', 'facebook_browser_id'],
  },
  FBC: {
    code: 8,
    label: "Click id of Meta's cookie _fbc",
    rule: asItIs,
    normalise: opaqueId(/^fb\.\d{1,2}\.\d{10,14}\.[\w.-]{1,1000}$/, 'no _fbc cookie, such as fb.1.1789990000000.AbCd'),
    ...strong,
    fields: ['fbc', '_fbc', 'facebook_click_id'],
  },
  TTP: {
    code: 9,
    label: "Browser id of TikTok's cookie _ttp",
    rule: asItIs,
    normalise: opaqueId(/^[\w.-]{8,200}$/, 'no _ttp cookie: one word of letters, digits and hyphens'),
    ...strong,
    fields: ['ttp', '_ttp', 'tiktok_browser_id'],
  },
  TTCLID: {
    code: 10,
    label: 'Click id of TikTok (ttclid)',
    rule: asItIs,
    normalise: opaqueId(/^[\w.-]{6,1000}$/, 'no ttclid: one word of letters, digits, dots and hyphens'),
    ...strong,
    fields: ['ttclid', 'tiktok_click_id'],
  },
  MADID: {
    code: 11,
    label: 'Mobile advertising id',
    rule: 'In lowercase, hyphens stay.',
    normalise: deviceId,
    ...strong,
    fields: ['madid', 'maid', 'mobile_advertiser_id', 'device_id', 'idfa', 'gaid', 'aaid'],
  },
  IP_ADDRESS: {
    code: 12,
    label: 'IP address of the browser',
    rule: 'As it is. Goes with the user agent only.',
    normalise: ipAddress,
    ...device,
    fields: ['ip', 'ip_address', 'client_ip_address'],
  },
  USER_AGENT: {
    code: 13,
    label: 'User agent of the browser',
    rule: 'As it is. Goes with the IP address only.',
    normalise: userAgent,
    ...device,
    fields: ['user_agent', 'client_user_agent'],
  },
} as const satisfies Identifiers
