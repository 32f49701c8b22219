import { z } from 'zod'
import { defineDestination } from '../define.ts'
import { api, limits } from './api.ts'
import { check } from './check.ts'
import { credentials, quotas, settings } from './connection.ts'
import { identifiers } from './identifiers.ts'
import { createList, findCreated, lists, readList } from './lists.ts'
import { settle } from './settle.ts'
import { upload } from './upload.ts'

const SECOND = 1_000
const DAY = 86_400 * SECOND

/** Klaviyo: lists of profiles. Membership is not consent: nobody is subscribed or unsubscribed. */
export const klaviyo = defineDestination({
  name: 'Klaviyo',
  api,
  versionSetting: 'revision',
  settings,
  credentials,
  syncSettings: z.object({}),
  identifiers,
  normaliserVersion: 1,
  limits,
  addIsAsync: true,
  removalIsAsync: false,
  settlement: { firstAskAfterMs: 15 * SECOND, deadlineMs: DAY },
  // the id of a list is Klaviyo's alone, whatever the account
  account: () => 'klaviyo',
  quotas,
  list: { check, lists, readList, createList, findCreated, upload, settle },
})
