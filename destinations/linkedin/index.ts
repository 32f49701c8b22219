import { z } from 'zod'
import { defineDestination } from '../define.ts'
import { api, limits, sunsetOf } from './api.ts'
import { check } from './check.ts'
import { credentials, quotas, settings } from './connection.ts'
import { identifiers } from './identifiers.ts'
import { createList, findCreated, lists, readList } from './lists.ts'
import { upload } from './upload.ts'

/** LinkedIn: DMP segments (matched audiences) of people and of companies. */
export const linkedin = defineDestination({
  name: 'LinkedIn',
  api,
  versionSetting: 'apiVersion',
  sunsetOf: ({ apiVersion }) => sunsetOf(apiVersion),
  settings,
  credentials,
  syncSettings: z.object({}),
  identifiers,
  normaliserVersion: 1,
  limits,
  addIsAsync: false,
  removalIsAsync: false,
  // each member has its answer at once, so that nothing is ever asked
  settlement: { firstAskAfterMs: 0, deadlineMs: 0 },
  account: ({ settings }) => settings.accountId,
  quotas,
  list: { check, lists, readList, createList, findCreated, upload },
})
