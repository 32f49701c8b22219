import { defineEvents } from '../define-events.ts'
import { api, limits } from './api.ts'
import { audienceRule, createAudience } from './audience.ts'
import { check } from './check.ts'
import { account, credentials, quotas, settings, syncSettings } from './connection.ts'
import { identifiers } from './identifiers.ts'
import { send } from './send.ts'

/** Google Analytics: events and a user property by the Measurement Protocol, into one data stream. */
export const ga4 = defineEvents({
  name: 'Google Analytics (Measurement Protocol)',
  api,
  settings,
  credentials,
  syncSettings,
  identifiers,
  normaliserVersion: 1,
  limits,
  // every answer is final, so that nothing is ever asked
  settlement: { firstAskAfterMs: 0, deadlineMs: 0 },
  account,
  quotas,
  event: { check, send, audienceRule, createAudience },
})
