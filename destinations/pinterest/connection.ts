import { z } from 'zod'
import type { Connection, Quotas } from '../define.ts'
import { alsoByOwnName } from '../own-names.ts'
import { CALLS_A_MINUTE } from './api.ts'

const ourSettings = z.object({
  adAccountId: z
    .string()
    .trim()
    .regex(/^[0-9]{1,30}$/, 'The ad account id is a number')
    .meta({ title: 'Ad account id', description: 'As in the address of the Pinterest Ads Manager' }),
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
    clientId: word('app id').optional(),
    clientSecret: word('app secret').optional(),
    refreshToken: word('refresh token').optional(),
  })
  .refine(
    ({ accessToken, clientId, clientSecret, refreshToken }) =>
      accessToken !== undefined || (clientId !== undefined && clientSecret !== undefined && refreshToken !== undefined),
    'Either an access token (it ends after some 30 days), or app id, app secret and refresh token',
  )

export const settings = alsoByOwnName(ourSettings, { ad_account_id: 'adAccountId' })
export const credentials = alsoByOwnName(ourCredentials, {
  access_token: 'accessToken',
  client_id: 'clientId',
  client_secret: 'clientSecret',
  refresh_token: 'refreshToken',
})

/** An ad account at Pinterest with the right to act for it. */
export type PinterestConnection = Connection<z.output<typeof settings>, z.output<typeof credentials>>

/** Pinterest counts per user and app: the account is the nearest that we know. */
export function quotas({ settings: { adAccountId } }: Pick<PinterestConnection, 'settings'>): Quotas {
  const minute = (kind: keyof typeof CALLS_A_MINUTE) => ({
    key: `pinterest:${kind}:${adAccountId}`,
    limit: CALLS_A_MINUTE[kind],
    windowMs: 60_000,
  })
  return { read: minute('read'), write: minute('write') }
}
