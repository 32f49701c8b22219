import { externalId } from '../../../identity/external-id.ts'
import { ipAddress } from '../../../identity/ip-address.ts'
import { opaqueId } from '../../../identity/opaque-id.ts'
import type { Normalise } from '../../../identity/refusal.ts'
import { userAgent } from '../../../identity/user-agent.ts'
import { yesOrNo } from '../../../identity/yes-no.ts'
import type { Identifiers } from '../../define.ts'
import type { Place } from '../../event-body.ts'
import { identifiers as ofLists } from '../identifiers.ts'

const { EMAIL_SHA256, PHONE_SHA256 } = ofLists
const plain = { sent: 'plain', sealed: true } as const
const device = { ...plain, role: 'matching', partOf: 'device' } as const

/** What is neither yes nor no counts as yes: a wish that cannot be read must not be overridden. */
const limitedDataUse: Normalise = (raw) => (raw.trim() === '' || yesOrNo(raw) === false ? '' : 'true')

/** What TikTok takes for the person of an event. Keys and codes are those of lists where the value is the same. */
export const identifiers = {
  EMAIL_SHA256,
  PHONE_SHA256,
  EXTERNAL_ID: {
    code: 6,
    label: 'Your own id, also of a visitor without a name',
    rule: 'As it is, byte for byte, then hashed.',
    normalise: externalId,
    sent: 'hashed',
    role: 'strong',
    fields: ['external_id', 'customer_id', 'user_id', 'anonymous_id', 'visitor_id'],
  },
  TTP: {
    code: 7,
    label: 'Browser id (cookie _ttp)',
    rule: 'As it is, case included; not hashed.',
    normalise: opaqueId(/^[\w.-]{8,200}$/, 'no _ttp cookie: one word of letters, digits and hyphens'),
    ...plain,
    role: 'strong',
    fields: ['ttp', '_ttp', 'tiktok_browser_id'],
  },
  TTCLID: {
    code: 8,
    label: 'Click id (ttclid)',
    rule: 'As it is, case included; not hashed.',
    normalise: opaqueId(/^[\w.-]{6,1000}$/, 'no ttclid: one word of letters, digits, dots and hyphens'),
    ...plain,
    role: 'strong',
    fields: ['ttclid', 'tiktok_click_id'],
  },
  CLIENT_IP_ADDRESS: {
    code: 9,
    label: 'IP address of the browser',
    rule: 'As it is; not hashed. Goes with the user agent only.',
    normalise: ipAddress,
    ...device,
    fields: ['ip', 'ip_address', 'client_ip_address'],
  },
  CLIENT_USER_AGENT: {
    code: 10,
    label: 'User agent of the browser',
    rule: 'As it is; not hashed. Goes with the IP address only.',
    normalise: userAgent,
    ...device,
    fields: ['user_agent', 'client_user_agent'],
  },
  LIMITED_DATA_USE: {
    code: 11,
    label: 'Limited data use (yes or no)',
    rule: 'Yes and what cannot be read limit the use of the event; no and nothing do not.',
    normalise: limitedDataUse,
    sent: 'plain',
    role: 'describing',
    fields: ['limited_data_use', 'ldu'],
  },
} as const satisfies Identifiers

/** Their places in `user`. */
export const PLACES: Readonly<Record<string, Place>> = {
  EMAIL_SHA256: { key: 'email', listed: true },
  PHONE_SHA256: { key: 'phone', listed: true },
  EXTERNAL_ID: { key: 'external_id', listed: true },
  TTP: { key: 'ttp' },
  TTCLID: { key: 'ttclid' },
  CLIENT_IP_ADDRESS: { key: 'ip' },
  CLIENT_USER_AGENT: { key: 'user_agent' },
}
