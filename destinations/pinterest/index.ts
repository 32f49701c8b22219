import { z } from 'zod'
import { defineDestination } from '../define.ts'
import { api, limits } from './api.ts'
import { check } from './check.ts'
import { credentials, quotas, settings } from './connection.ts'
import { identifiers } from './identifiers.ts'
import { createList, findCreated, lists, readList } from './lists.ts'
import { settle } from './settle.ts'
import { upload } from './upload.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** Pinterest: customer lists of an ad account, each with the audience that is made of it. */
export const pinterest = defineDestination({
  name: 'Pinterest',
  api,
  settings,
  credentials,
  syncSettings: z.object({}),
  identifiers,
  normaliserVersion: 1,
  limits,
  // nothing is said about the order in which Pinterest works through what it took
  addIsAsync: true,
  removalIsAsync: true,
  // Pinterest publishes no time: one to two days is what is seen until sizes show
  settlement: { firstAskAfterMs: 10 * MINUTE, deadlineMs: 3 * DAY },
  account: ({ settings }) => settings.adAccountId,
  quotas,
  list: { check, lists, readList, createList, findCreated, upload, settle },
})
