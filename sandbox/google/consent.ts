import type { Member } from './members.ts'
import type { Message } from './message.ts'
import { text } from './message.ts'
import type { Account } from './state.ts'

/** Countries whose users need a consent: the EEA and the United Kingdom. */
const strictRegions = new Set(
  'AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO GB'.split(' '),
)

/** Why processing refuses the member or the event for want of consent; undefined when it does not. */
export function consentError(
  account: Account,
  requestConsent: Message,
  member: Pick<Member, 'consent' | 'regions'>,
): string | undefined {
  const given = ['adUserData', 'adPersonalization'].map(
    (name) => specified(member.consent, name) ?? specified(requestConsent, name),
  )
  if (given.includes('CONSENT_DENIED')) return 'PROCESSING_ERROR_REASON_DENIED_CONSENT'
  const isStrict = account.consentRequired || member.regions.some((region) => strictRegions.has(region))
  if (!isStrict || given.every((consent) => consent === 'CONSENT_GRANTED')) return undefined
  return given.includes('CONSENT_GRANTED')
    ? 'PROCESSING_ERROR_REASON_UNKNOWN_CONSENT'
    : 'PROCESSING_ERROR_REASON_NO_CONSENT'
}

function specified(consent: Message, name: string): string | undefined {
  const given = text(consent, name)
  return given === '' || given === 'CONSENT_STATUS_UNSPECIFIED' ? undefined : given
}
