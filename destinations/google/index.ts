import { defineDestination } from '../define.ts'
import { api, limits } from './api.ts'
import { check } from './check.ts'
import { credentials, quotas, settings, syncSettings } from './connection.ts'
import { identifiers } from './identifiers.ts'
import { createList, findCreated, lists, readList } from './lists.ts'
import { settle } from './settle.ts'
import { upload } from './upload.ts'

const MINUTE = 60_000
const DAY = 1_440 * MINUTE

/** Google Ads: Customer Match lists, by the Data Manager API. */
export const google = defineDestination({
  name: 'Google Ads',
  api,
  settings,
  credentials,
  syncSettings,
  identifiers,
  normaliserVersion: 1,
  limits,
  addIsAsync: true,
  removalIsAsync: true,
  settlement: { firstAskAfterMs: 30 * MINUTE, deadlineMs: 3 * DAY },
  account: ({ settings }) => settings.accountId,
  quotas,
  list: { check, lists, readList, createList, findCreated, upload, settle },
})
