import { z } from 'zod'
import type { Connection, Quotas } from '../define.ts'
import { alsoByOwnName } from '../own-names.ts'
import { api } from './api.ts'

const ourSettings = z.object({
  accountId: z
    .string()
    .trim()
    .regex(/^(urn:li:sponsoredAccount:)?[0-9]{1,20}$/, 'The ad account id is a number')
    .overwrite((id) => id.replace('urn:li:sponsoredAccount:', ''))
    .meta({ title: 'Ad account id', description: 'As in the Campaign Manager' }),
  sourcePlatform: z
    .string()
    .trim()
    .regex(/^[A-Z0-9_]{1,100}$/, 'The source platform is a word in capitals, as LinkedIn has assigned it')
    .meta({ title: 'Source platform', description: 'The word that LinkedIn assigned to your app for DMP segments' }),
  apiVersion: z
    .string()
    .trim()
    .regex(/^20[0-9]{2}(0[1-9]|1[0-2])$/, 'The API version looks like 202604')
    .default(api.version)
    .meta({ title: 'LinkedIn-Version', description: 'A version lives about a year' }),
})

const word = (what: string) =>
  z
    .string()
    .trim()
    .regex(/^[!-~]+$/, `The ${what} is one word of plain letters, digits and signs`)
    .meta({ secret: true, title: what })

const ourCredentials = z
  .object({
    accessToken: word('access token').optional(),
    clientId: word('client id').optional(),
    clientSecret: word('client secret').optional(),
    refreshToken: word('refresh token').optional(),
  })
  .refine(
    ({ accessToken, clientId, clientSecret, refreshToken }) =>
      accessToken !== undefined || (clientId !== undefined && clientSecret !== undefined && refreshToken !== undefined),
    'Either an access token (it ends after some 60 days), or client id, client secret and refresh token',
  )

export const settings = alsoByOwnName(ourSettings, {
  account_id: 'accountId',
  ad_account_id: 'accountId',
  source_platform: 'sourcePlatform',
  api_version: 'apiVersion',
})
export const credentials = alsoByOwnName(ourCredentials, {
  access_token: 'accessToken',
  client_id: 'clientId',
  client_secret: 'clientSecret',
  refresh_token: 'refreshToken',
})

/** An ad account at LinkedIn with the right to act for it. */
export type LinkedInConnection = Connection<z.output<typeof settings>, z.output<typeof credentials>>

export const accountUrn = ({ settings }: Pick<LinkedInConnection, 'settings'>) =>
  `urn:li:sponsoredAccount:${settings.accountId}`

/** 600 calls a minute that change members, counted per member of LinkedIn and app: the account is the nearest that we know. */
export const quotas = ({ settings }: Pick<LinkedInConnection, 'settings'>): Quotas => ({
  members: { key: `linkedin:members:${settings.accountId}`, limit: 600, windowMs: 60_000 },
})
