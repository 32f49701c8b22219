import { defineEvents } from '../define-events.ts'
import { api, limits } from './api.ts'
import { audienceRule } from './audience-rule.ts'
import { check } from './check.ts'
import { account, credentials, quotas, settings, syncSettings } from './connection.ts'
import { identifiers } from './identifiers.ts'
import { send } from './send.ts'

const MINUTE = 60_000

/** Segment and what takes its HTTP API: joins and leaves as track and identify calls. */
export const segment = defineEvents({
  name: 'Segment',
  api,
  settings,
  credentials,
  syncSettings,
  identifiers,
  normaliserVersion: 1,
  limits,
  // every answer is final
  settlement: { firstAskAfterMs: MINUTE, deadlineMs: MINUTE },
  account,
  quotas,
  event: { check, send, audienceRule },
})
