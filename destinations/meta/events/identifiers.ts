import { externalId } from '../../../identity/external-id.ts'
import { ipAddress } from '../../../identity/ip-address.ts'
import { userAgent } from '../../../identity/user-agent.ts'
import type { Identifiers } from '../../define.ts'
import type { Place } from '../../event-body.ts'
import { identifiers as ofLists, eventIdentifiers as withBirth } from '../identifiers.ts'
import { browserId, clickId } from './browser-id.ts'

const { EMAIL, PHONE, GEN, LN, FN, CT, ST, ZIP, COUNTRY, MADID } = ofLists
const { DATA_PROCESSING_OPTIONS, DATA_PROCESSING_OPTIONS_COUNTRY, DATA_PROCESSING_OPTIONS_STATE } = ofLists
const plain = { sent: 'plain', sealed: true } as const
const device = { ...plain, role: 'matching', partOf: 'device' } as const

/** What Meta takes for the person of an event. Keys and codes are those of lists where the value is the same. */
export const identifiers = {
  EMAIL,
  PHONE,
  FBP: {
    code: 21,
    label: 'Browser id (cookie _fbp)',
    rule: 'As it is; not hashed.',
    normalise: browserId,
    ...plain,
    role: 'strong',
    fields: ['fbp', '_fbp', 'facebook_browser_id'],
  },
  FBC: {
    code: 22,
    label: 'Click id (cookie _fbc)',
    rule: 'As it is, case included; not hashed.',
    normalise: clickId,
    ...plain,
    role: 'strong',
    fields: ['fbc', '_fbc', 'facebook_click_id'],
  },
  EXTERNAL_ID: {
    code: 23,
    label: 'Your own id, also of a visitor without a name',
    rule: 'As it is, byte for byte, then hashed. Another map at Meta than that of customer lists.',
    normalise: externalId,
    sent: 'hashed',
    role: 'strong',
    fields: ['external_id', 'customer_id', 'user_id', 'anonymous_id', 'visitor_id'],
  },
  MADID: { ...MADID, ...plain },
  CLIENT_IP_ADDRESS: {
    code: 24,
    label: 'IP address of the browser',
    rule: 'As it is; not hashed. Goes with the user agent only.',
    normalise: ipAddress,
    ...device,
    fields: ['ip', 'ip_address', 'client_ip_address'],
  },
  CLIENT_USER_AGENT: {
    code: 25,
    label: 'User agent of the browser',
    rule: 'As it is; not hashed. Goes with the IP address only.',
    normalise: userAgent,
    ...device,
    fields: ['user_agent', 'client_user_agent'],
  },
  FN,
  LN,
  GEN,
  DOB: withBirth.DOB,
  CT,
  ST,
  ZIP,
  COUNTRY,
  DATA_PROCESSING_OPTIONS,
  DATA_PROCESSING_OPTIONS_COUNTRY,
  DATA_PROCESSING_OPTIONS_STATE,
} as const satisfies Identifiers

/** Their places in `user_data`. */
export const PLACES: Readonly<Record<string, Place>> = {
  EMAIL: { key: 'em', listed: true },
  PHONE: { key: 'ph', listed: true },
  FBP: { key: 'fbp' },
  FBC: { key: 'fbc' },
  EXTERNAL_ID: { key: 'external_id', listed: true },
  MADID: { key: 'madid' },
  CLIENT_IP_ADDRESS: { key: 'client_ip_address' },
  CLIENT_USER_AGENT: { key: 'client_user_agent' },
  FN: { key: 'fn' },
  LN: { key: 'ln' },
  GEN: { key: 'ge' },
  DOB: { key: 'db' },
  CT: { key: 'ct' },
  ST: { key: 'st' },
  ZIP: { key: 'zp' },
  COUNTRY: { key: 'country' },
}
