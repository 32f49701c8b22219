import { defineEvents } from '../../define-events.ts'
import { api } from '../api.ts'
import { credentials, quotaKeys, settings } from '../connection.ts'
import { audienceRule, createAudience } from './audience.ts'
import { check } from './check.ts'
import { identifiers } from './identifiers.ts'
import { lacks } from './lacks.ts'
import { send } from './send.ts'
import { LONGEST_NAME, syncSettings } from './sync-settings.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Meta: events of the Conversions API, into one dataset (pixel). */
export const metaEvents = defineEvents({
  name: 'Meta',
  api: { ...api, docs: 'https://developers.facebook.com/docs/marketing-api/conversions-api' },
  settings,
  credentials,
  syncSettings,
  identifiers,
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
  account: ({ settings }) => settings.datasetId ?? settings.adAccountId,
  quotas: (account) => ({
    calls: { key: quotaKeys.calls(account), limit: 5_000, windowMs: HOUR },
    // Meta names no limit of its own for events: this one keeps a fault of ours from flooding it.
    events: { key: quotaKeys.events(account), limit: 20_000, windowMs: HOUR },
  }),
  forgetsAfterMs: ({ retentionDays }) => retentionDays * DAY,
  lacks,
  event: { check, send, audienceRule, createAudience },
})
