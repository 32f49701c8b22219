import { advertisingId } from '../../identity/device-id.ts'
import { domainName } from '../../identity/domain.ts'
import { spacelessEmail } from '../../identity/email.ts'
import { type Normalise, Refusal } from '../../identity/refusal.ts'
import { trimmedText } from '../../identity/trimmed-text.ts'
import type { Identifiers } from '../define.ts'

const NOT_AN_ORGANISATION = new Refusal('neither a number of an organisation at LinkedIn nor its URN')

/** A number, or the URN that holds it; sent as the URN. */
const organisation: Normalise = (raw) => {
  const text = raw.trim()
  if (text === '') return ''
  const number = /^(?:urn:li:organization:)?([1-9]\d{0,18})$/.exec(text)?.[1]
  return number === undefined ? NOT_AN_ORGANISATION : `urn:li:organization:${number}`
}

const plainText = {
  sent: 'plain',
  sealed: true,
  role: 'matching',
  // none is suggested: sending a name in plain text is a decision that a person has to make
  fields: [],
} as const

/** What LinkedIn takes for a person, and for a company. A segment is of one of the two kinds. */
export const identifiers = {
  SHA256_EMAIL: {
    code: 1,
    label: 'E-mail',
    rule: 'In lowercase, without spaces; dots and +tags stay.',
    normalise: spacelessEmail,
    sent: 'hashed',
    role: 'strong',
    fields: ['email', 'email_address', 'e_mail', 'mail'],
  },
  GOOGLE_AID: {
    code: 2,
    label: 'Google advertising id',
    rule: 'Trimmed; not hashed.',
    normalise: advertisingId,
    sent: 'plain',
    role: 'strong',
    fields: ['google_aid', 'gaid', 'aaid', 'google_advertising_id'],
  },
  FIRST_NAME: {
    code: 3,
    label: 'First name (plain text)',
    rule: 'Trimmed, at most 35 characters; sent in plain text.',
    normalise: trimmedText(35),
    ...plainText,
  },
  LAST_NAME: {
    code: 4,
    label: 'Last name (plain text)',
    rule: 'Trimmed, at most 35 characters; sent in plain text.',
    normalise: trimmedText(35),
    ...plainText,
  },
  COMPANY_DOMAIN: {
    code: 20,
    label: 'Company: domain of its website',
    rule: 'The domain alone, in lowercase, without www.',
    normalise: domainName,
    sent: 'plain',
    role: 'strong',
    fields: ['company_domain', 'domain', 'website', 'website_domain', 'company_website'],
  },
  ORGANIZATION: {
    code: 21,
    label: 'Company: its number at LinkedIn',
    rule: 'urn:li:organization: and the number.',
    normalise: organisation,
    sent: 'plain',
    role: 'strong',
    fields: ['linkedin_company_id', 'organization_urn', 'linkedin_organization'],
  },
} as const satisfies Identifiers

export type SegmentType = 'USER' | 'COMPANY'

const COMPANY: readonly string[] = ['COMPANY_DOMAIN', 'ORGANIZATION']

/** The identifiers that a segment of a kind takes. */
export const acceptedBy = (type: SegmentType): string[] =>
  Object.keys(identifiers).filter((name) => COMPANY.includes(name) === (type === 'COMPANY'))

/** The kind of segment that takes all of these; undefined where no kind does. */
export function typeFor(names: readonly string[]): SegmentType | undefined {
  const companies = names.filter((name) => COMPANY.includes(name)).length
  if (companies === 0) return 'USER'
  return companies === names.length ? 'COMPANY' : undefined
}
