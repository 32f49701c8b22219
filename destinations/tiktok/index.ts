import { z } from 'zod'
import { defineDestination } from '../define.ts'
import { api, limits } from './api.ts'
import { check } from './check.ts'
import { credentials, quotas, settings } from './connection.ts'
import { identifiers } from './identifiers.ts'
import { createList, findCreated, lists, readList } from './lists.ts'
import { upload } from './upload.ts'

/** TikTok: customer audiences of an advertiser, filled by the streaming endpoint. */
export const tiktok = defineDestination({
  name: 'TikTok',
  api,
  versionSetting: 'apiVersion',
  settings,
  credentials,
  syncSettings: z.object({}),
  identifiers,
  normaliserSettings: ['phoneFormat'],
  normaliserVersion: 1,
  limits,
  addIsAsync: false,
  removalIsAsync: false,
  // every answer is final, so that nothing is ever asked
  settlement: { firstAskAfterMs: 0, deadlineMs: 0 },
  account: ({ settings }) => settings.advertiserId,
  quotas,
  list: { check, lists, readList, createList, findCreated, upload },
})
