import type { Report } from './problems.ts'

/** Names that the tag itself uses; such events are dropped. */
const reservedEvents = new Set([
  'ad_activeview',
  'ad_click',
  'ad_exposure',
  'ad_impression',
  'ad_query',
  'ad_reward',
  'adunit_exposure',
  'app_clear_data',
  'app_exception',
  'app_install',
  'app_remove',
  'app_store_refund',
  'app_update',
  'app_upgrade',
  'dynamic_link_app_open',
  'dynamic_link_app_update',
  'dynamic_link_first_open',
  'error',
  'first_open',
  'first_visit',
  'in_app_purchase',
  'notification_dismiss',
  'notification_foreground',
  'notification_open',
  'notification_receive',
  'notification_send',
  'os_update',
  'screen_view',
  'session_start',
  'user_engagement',
])
const reservedUserProperties = new Set([
  'first_open_time',
  'first_visit_time',
  'last_deep_link_referrer',
  'user_id',
  'first_open_after_install',
])
const reservedPrefixes = ['_', 'firebase_', 'ga_', 'google_', 'gtag.']
const none: ReadonlySet<string> = new Set()

const kinds = {
  event: { longest: 40, reserved: reservedEvents, word: 'Event' },
  parameter: { longest: 40, reserved: none, word: 'Event parameter' },
  'user property': { longest: 24, reserved: reservedUserProperties, word: 'User property' },
} as const

/** Letters, digits and underscores, a letter first, not too long, and none of Google's own. */
export function checkName(kind: keyof typeof kinds, name: string, fieldPath: string, report: Report): void {
  const { longest, reserved, word } = kinds[kind]
  const says = (what: string) => `${word} has invalid name [${name.slice(0, 60)}]. ${what}`
  if (reserved.has(name) || reservedPrefixes.some((prefix) => name.startsWith(prefix)))
    report.add('NAME_RESERVED', fieldPath, says('It is reserved.'))
  else if (!/^[A-Za-z]/.test(name))
    report.add('NAME_INVALID', fieldPath, says('Names must start with an alphabetic character.'))
  else if (!/^\w+$/.test(name))
    report.add('NAME_INVALID', fieldPath, says('Names must only contain alphanumeric characters (and/or underscores).'))
  else if (name.length > longest)
    report.add('NAME_INVALID', fieldPath, says(`Names must not have more than ${longest} characters.`))
}
