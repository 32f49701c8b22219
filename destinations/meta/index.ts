import { z } from 'zod'
import { defineDestination } from '../define.ts'
import { api, limits } from './api.ts'
import { check } from './check.ts'
import { credentials, quotaKeys, settings } from './connection.ts'
import { identifiers } from './identifiers.ts'
import { createList, findCreated, lists, readList } from './lists.ts'
import { settle } from './settle.ts'
import { upload } from './upload.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Meta: customer lists (custom audiences) of an ad account. */
export const meta = defineDestination({
  name: 'Meta',
  api,
  versionSetting: 'apiVersion',
  // only of this version is the day known
  sunsetOf: ({ apiVersion }) => (apiVersion === api.version ? api.sunset : null),
  settings,
  credentials,
  syncSettings: z.object({}),
  identifiers,
  limits,
  normaliserVersion: 1,
  addIsAsync: false,
  removalIsAsync: false,
  settlement: { firstAskAfterMs: MINUTE, deadlineMs: 24 * HOUR },
  account: ({ settings }) => settings.adAccountId,
  // The lower of Meta's two access tiers, without the 40 more for each active list; the usage header tells the rest.
  quotas: (account) => ({ calls: { key: quotaKeys.calls(account), limit: 5_000, windowMs: HOUR } }),
  list: {
    check,
    lists,
    readList,
    createList,
    findCreated,
    upload,
    settle,
  },
})
