import { defineEvents } from '../../define-events.ts'
import { api } from '../api.ts'
import { credentials, quotas, settings } from '../connection.ts'
import { audienceRule } from './audience-rule.ts'
import { check } from './check.ts'
import { identifiers } from './identifiers.ts'
import { limits } from './limits.ts'
import { send } from './send.ts'
import { syncSettings } from './sync-settings.ts'

/** Klaviyo: events of profiles, under two metrics. */
export const klaviyoEvents = defineEvents({
  name: 'Klaviyo',
  api,
  settings,
  credentials,
  syncSettings,
  identifiers,
  normaliserVersion: 1,
  limits,
  // every answer is final, so that nothing is ever asked
  settlement: { firstAskAfterMs: 0, deadlineMs: 0 },
  account: ({ settings }) => settings.accountId ?? 'klaviyo',
  quotas,
  event: { check, send, audienceRule },
})
