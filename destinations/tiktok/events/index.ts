import { defineEvents } from '../../define-events.ts'
import { api } from '../api.ts'
import { credentials, quotas, settings } from '../connection.ts'
import { audienceRule } from './audience-rule.ts'
import { check } from './check.ts'
import { identifiers } from './identifiers.ts'
import { lacks } from './lacks.ts'
import { send } from './send.ts'
import { LONGEST_NAME, syncSettings } from './sync-settings.ts'

const DAY = 86_400_000

/** TikTok: events of the Events API 2.0, into one event source (pixel). */
export const tiktokEvents = defineEvents({
  name: 'TikTok',
  api,
  settings,
  credentials,
  syncSettings,
  identifiers,
  normaliserSettings: ['phoneFormat'],
  normaliserVersion: 1,
  limits: {
    rowsPerRequest: 1_000,
    bytesPerRequest: 16 * 1024 * 1024,
    requestsInFlight: 4,
    requestTimeoutMs: 60_000,
    eventNameLength: LONGEST_NAME,
  },
  // every answer is final, so that nothing is ever asked
  settlement: { firstAskAfterMs: 0, deadlineMs: 0 },
  account: ({ settings }) => settings.eventSourceId ?? settings.advertiserId,
  quotas,
  forgetsAfterMs: ({ retentionDays }) => retentionDays * DAY,
  lacks,
  event: { check, send, audienceRule },
})
