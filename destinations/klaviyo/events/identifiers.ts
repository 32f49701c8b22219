import { opaqueId } from '../../../identity/opaque-id.ts'
import type { Identifiers } from '../../define.ts'
import { identifiers as ofLists } from '../identifiers.ts'

/** What Klaviyo takes for the profile of an event: what it takes for lists, and the id of a visitor without a name. */
export const identifiers = {
  ...ofLists,
  ANONYMOUS_ID: {
    code: 13,
    label: 'Id of a visitor without a name (anonymous_id)',
    rule: 'As it is, case included.',
    normalise: opaqueId(/^[!-~]{1,255}$/, 'no id: one word of at most 255 letters, digits and signs'),
    sent: 'plain',
    sealed: true,
    role: 'strong',
    fields: ['anonymous_id', 'visitor_id', 'klaviyo_anonymous_id'],
  },
} as const satisfies Identifiers
