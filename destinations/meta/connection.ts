import { z } from 'zod'
import type { Connection } from '../define.ts'
import { alsoByOwnName } from '../own-names.ts'
import { api } from './api.ts'

const ourSettings = z.object({
  adAccountId: z
    .string()
    .trim()
    .regex(/^(act_)?[0-9]{1,20}$/, 'The ad account id is a number, with or without "act_" in front')
    .overwrite((id) => (id.startsWith('act_') ? id : `act_${id}`))
    .meta({ title: 'Ad account id', description: 'As in the Ads Manager, with or without "act_"' }),
  apiVersion: z
    .string()
    .trim()
    .regex(/^v?[0-9]{1,3}\.[0-9]$/, 'The API version looks like v25.0')
    .overwrite((version) => (version.startsWith('v') ? version : `v${version}`))
    .default(api.version)
    .meta({ title: 'Marketing API version' }),
  customerFileSource: z
    .enum(['USER_PROVIDED_ONLY', 'PARTNER_PROVIDED_ONLY', 'BOTH_USER_AND_PARTNER_PROVIDED'])
    .default('USER_PROVIDED_ONLY')
    .meta({ title: 'Where the customer data came from', description: 'Told to Meta for each list that is created' }),
  datasetId: z
    .string()
    .trim()
    .regex(/^[0-9]{1,30}$/, 'The dataset id is a number')
    .optional()
    .meta({
      title: 'Dataset (pixel) id',
      description: 'For event syncs: as in the Events Manager',
    }),
})

// A token goes into a header: a line break or a letter outside ASCII there is a copying mistake, better named at once.
const secret = (what: string) =>
  z
    .string()
    .trim()
    .regex(/^[!-~]+$/, `The ${what} is one word of plain letters, digits and signs`)
    .meta({ secret: true, title: what })

const ourCredentials = z.object({
  accessToken: secret('access token'),
  appSecret: secret('app secret').optional(),
})

export const settings = alsoByOwnName(ourSettings, {
  ad_account_id: 'adAccountId',
  api_version: 'apiVersion',
  customer_file_source: 'customerFileSource',
  pixel_id: 'datasetId',
  dataset_id: 'datasetId',
})

export const credentials = alsoByOwnName(ourCredentials, { access_token: 'accessToken', app_secret: 'appSecret' })

/** An ad account at Meta with the right to act for it. */
export type MetaConnection = Connection<z.output<typeof settings>, z.output<typeof credentials>>

/** The quotas by what a call counts as: those about an ad account's lists share one (Meta's business use case `custom_audience`). */
export const quotaKeys = {
  calls: ({ settings }: Pick<MetaConnection, 'settings'>) => `meta:custom_audience:${settings.adAccountId}`,
  events: ({ settings }: Pick<MetaConnection, 'settings'>) => `meta:events:${settings.datasetId}`,
}
