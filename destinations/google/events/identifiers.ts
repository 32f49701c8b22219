import { deviceId } from '../../../identity/device-id.ts'
import { opaqueId } from '../../../identity/opaque-id.ts'
import type { Identifiers } from '../../define.ts'
import { identifiers as ofLists } from '../identifiers.ts'

const { email, phone, ad_user_data, ad_personalization } = ofLists
const plain = { sent: 'plain', sealed: true } as const
const click = (name: string) => opaqueId(/^[\w-]{6,500}$/, `no ${name}: one word of letters, digits and hyphens`)
const asItIs = 'As it is, case included; not hashed.'

/**
 * What Google Analytics takes for the person of an event. A web event needs a client id, so that only that and the id of an app's
 * instance name somebody; all else goes with them. Codes are those of lists where the value is the same.
 */
export const identifiers = {
  CLIENT_ID: {
    code: 11,
    label: 'Client id of Google Analytics',
    rule: 'Two numbers with a dot between them; the whole _ga cookie is taken too. Not hashed.',
    normalise: (raw) => {
      const id = clientId(raw)
      return typeof id === 'string' ? id.replace(/^GA\d\.\d\./, '') : id
    },
    ...plain,
    role: 'strong',
    fields: ['ga_client_id', 'client_id', '_ga'],
  },
  APP_INSTANCE_ID: {
    code: 12,
    label: 'App instance id',
    rule: 'As it is; not hashed. Sent where there is no client id.',
    normalise: opaqueId(/^[0-9a-fA-F]{32}$/, 'no app instance id: 32 hexadecimal digits'),
    ...plain,
    role: 'strong',
    fields: ['app_instance_id', 'firebase_app_instance_id'],
  },
  USER_ID: {
    code: 13,
    label: 'User id of Google Analytics',
    rule: asItIs,
    normalise: opaqueId(/^.{1,256}$/u, 'longer than 256 characters'),
    ...plain,
    role: 'matching',
    fields: ['user_id', 'ga_user_id'],
  },
  email: { ...email, role: 'matching' },
  phone: { ...phone, role: 'matching' },
  GCLID: {
    code: 14,
    label: 'Click id (gclid)',
    rule: asItIs,
    normalise: click('gclid'),
    ...plain,
    role: 'matching',
    fields: ['gclid'],
  },
  GBRAID: {
    code: 15,
    label: 'Click id (gbraid)',
    rule: asItIs,
    normalise: click('gbraid'),
    ...plain,
    role: 'matching',
    fields: ['gbraid'],
  },
  WBRAID: {
    code: 16,
    label: 'Click id (wbraid)',
    rule: asItIs,
    normalise: click('wbraid'),
    ...plain,
    role: 'matching',
    fields: ['wbraid'],
  },
  mobile_id: { ...ofLists.mobile_id, normalise: deviceId, ...plain, role: 'matching' },
  ad_user_data,
  ad_personalization,
} as const satisfies Identifiers

function clientId(raw: string) {
  return opaqueId(/^(GA\d\.\d\.)?\d{1,20}\.\d{1,20}$/, 'no client id: two numbers with a dot between them')(raw)
}
