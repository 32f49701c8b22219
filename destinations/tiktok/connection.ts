import { z } from 'zod'
import type { Connection, Quotas } from '../define.ts'
import { alsoByOwnName } from '../own-names.ts'
import { api } from './api.ts'

const ourSettings = z.object({
  advertiserId: z
    .string()
    .trim()
    .regex(/^[0-9]{1,30}$/, 'The advertiser id is a number')
    .meta({ title: 'Advertiser id', description: 'As in the TikTok Ads Manager' }),
  phoneFormat: z.enum(['plus', 'digits']).default('plus').meta({
    title: 'Form of phone numbers',
    description: "TikTok's pages disagree: +4930123456 (plus) or 4930123456 (digits) before hashing",
  }),
  appId: z
    .string()
    .trim()
    .regex(/^[0-9]{1,30}$/, 'The app id is a number')
    .optional()
    .meta({ title: 'App id', description: 'TikTok counts calls per app: destinations of one app share its quota' }),
  eventSourceId: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9]{1,60}$/, 'The event source id is a word of letters and digits, such as CABC123')
    .optional()
    .meta({
      title: 'Event source id',
      description: 'For event syncs: the code of the pixel (or of the app, offline or CRM event set)',
    }),
  apiVersion: z
    .string()
    .trim()
    .regex(/^v[0-9]{1,2}\.[0-9]{1,2}$/, 'The API version looks like v1.3')
    .default(api.version)
    .meta({ title: 'Business API version' }),
})

const ourCredentials = z.object({
  accessToken: z
    .string()
    .trim()
    .regex(/^[!-~]+$/, 'The access token is one word of plain letters, digits and signs')
    .meta({ secret: true, title: 'Access token', description: 'A long-lived token of a Business API app' }),
})

export const settings = alsoByOwnName(ourSettings, {
  advertiser_id: 'advertiserId',
  phone_format: 'phoneFormat',
  app_id: 'appId',
  event_source_id: 'eventSourceId',
  api_version: 'apiVersion',
})
export const credentials = alsoByOwnName(ourCredentials, { access_token: 'accessToken' })

/** An advertiser account at TikTok with the right to act for it. */
export type TikTokConnection = Connection<z.output<typeof settings>, z.output<typeof credentials>>

const SECOND = 1_000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE

/** 10 a second, 600 a minute, 864,000 a day per app; without its id each advertiser is counted alone. */
export function quotas({ settings: { appId, advertiserId } }: Pick<TikTokConnection, 'settings'>): Quotas {
  const app = `tiktok:${appId ?? advertiserId}`
  return {
    second: { key: `${app}:second`, limit: 10, windowMs: SECOND },
    minute: { key: `${app}:minute`, limit: 600, windowMs: MINUTE },
    day: { key: `${app}:day`, limit: 864_000, windowMs: DAY },
  }
}
