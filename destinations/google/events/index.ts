import { defineEvents } from '../../define-events.ts'
import { api } from '../api.ts'
import { credentials, quotas, settings } from '../connection.ts'
import { settle } from '../settle.ts'
import { audienceRule } from './audience-rule.ts'
import { check } from './check.ts'
import { identifiers } from './identifiers.ts'
import { lacks } from './lacks.ts'
import { send } from './send.ts'
import { LONGEST_NAME, syncSettings } from './sync-settings.ts'

const MINUTE = 60_000
const DAY = 1_440 * MINUTE

/** Google: events of the Data Manager API, into a web stream of a Google Analytics property. */
export const googleEvents = defineEvents({
  name: 'Google Analytics (Data Manager)',
  api,
  settings,
  credentials,
  syncSettings,
  identifiers,
  normaliserVersion: 1,
  limits: {
    rowsPerRequest: 2_000,
    bytesPerRequest: 16 * 1024 * 1024,
    requestsInFlight: 4,
    requestTimeoutMs: 60_000,
    eventNameLength: LONGEST_NAME,
  },
  settlement: { firstAskAfterMs: 30 * MINUTE, deadlineMs: 3 * DAY },
  account: ({ settings }) => settings.gaPropertyId ?? settings.accountId,
  quotas,
  lacks,
  event: { check, send, settle, audienceRule },
})
