import { deviceId } from '../../identity/device-id.ts'
import { trimmedEmail } from '../../identity/email.ts'
import { externalId } from '../../identity/external-id.ts'
import { type Normalise, Refusal } from '../../identity/refusal.ts'
import type { Identifiers } from '../define.ts'

const NOT_ONE_RECORD = new Refusal('a comma or a space inside: Pinterest would read it as several records')

/** An id of a partner of Pinterest: as it is, trimmed, one record. */
const partnerId: Normalise = (raw) => (/[,\s]/.test(raw.trim()) ? NOT_ONE_RECORD : externalId(raw.trim()))

const device = {
  rule: 'In lowercase, hyphens stay.',
  normalise: deviceId,
  sent: 'hashed',
  role: 'strong',
  // not suggested, like all but the e-mail: a list takes one kind
  fields: [],
} as const
const ofPartner = {
  rule: 'Trimmed; not hashed.',
  normalise: partnerId,
  sent: 'plain',
  role: 'strong',
  fields: [],
} as const

/** What Pinterest takes for a person, named as its types of lists: a list is of one of them. */
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
  IDFA: { code: 2, label: 'Apple advertising id (IDFA)', ...device },
  MAID: { code: 3, label: 'Mobile advertising id', ...device },
  LR_ID: { code: 4, label: 'LiveRamp id', ...ofPartner },
  DLX_ID: { code: 5, label: 'DLX id', ...ofPartner },
  HASHED_PINNER_ID: { code: 6, label: 'Hashed id of a Pinterest user', ...ofPartner },
} as const satisfies Identifiers

/** The type of list that takes these; undefined where they are of several kinds, or none. */
export function typeFor(names: readonly string[]): string | undefined {
  const [only, ...others] = new Set(names)
  return others.length === 0 ? only : undefined
}
