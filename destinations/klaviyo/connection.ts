import { hash } from 'node:crypto'
import { z } from 'zod'
import type { Connection, Quotas } from '../define.ts'
import { alsoByOwnName } from '../own-names.ts'
import { api } from './api.ts'

const ourSettings = z.object({
  accountId: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9]{3,20}$/, 'The account id is the short public key of the account, such as XyZ123')
    .optional()
    .meta({
      title: 'Account id',
      description:
        'The public key of the account: Klaviyo counts calls per account, so that destinations of one account share its quota',
    }),
  revision: z
    .string()
    .trim()
    .regex(/^20[0-9]{2}-[0-9]{2}-[0-9]{2}(\.[a-z0-9]+)?$/, 'The revision is a date such as 2026-07-15')
    .default(api.version)
    .meta({ title: 'Revision of the API' }),
})

const ourCredentials = z.object({
  apiKey: z
    .string()
    .trim()
    .regex(/^[!-~]+$/, 'The API key is one word of plain letters, digits and signs')
    .meta({ secret: true, title: 'Private API key', description: 'With the scopes lists, profiles and accounts' }),
})

export const settings = alsoByOwnName(ourSettings, { account_id: 'accountId' })
export const credentials = alsoByOwnName(ourCredentials, { api_key: 'apiKey', private_api_key: 'apiKey' })

/** An account at Klaviyo. */
export type KlaviyoConnection = Connection<z.output<typeof settings>, z.output<typeof credentials>>

const SECOND = 1_000
const MINUTE = 60 * SECOND
const DAY = 1_440 * MINUTE

/** Burst a second and steady a minute of Klaviyo's tiers. Where its pages disagree (700 or 750), the lower. */
const TIERS = { XS: [1, 15], M: [10, 150], L: [75, 700], XL: [350, 3_500] } as const

/** The calls that we make, each with the tier of its endpoint: every endpoint has a count of its own. */
const ENDPOINTS = {
  account: 'XS',
  lists: 'L',
  // with a count of profiles, which Klaviyo limits further
  listSize: 'XS',
  createList: 'M',
  import: 'M',
  job: 'M',
  jobErrors: 'M',
  jobProfiles: 'M',
  profiles: 'L',
  remove: 'M',
  event: 'XL',
  eventJob: 'M',
} as const satisfies Record<string, keyof typeof TIERS>

export type Endpoint = keyof typeof ENDPOINTS

const burst = (endpoint: string) => `${endpoint}Burst`
const steady = (endpoint: string) => `${endpoint}Steady`

/** The quotas that a call of this endpoint counts against. */
export const quotasOf = (endpoint: Endpoint): string[] => [
  burst(endpoint),
  steady(endpoint),
  ...(endpoint === 'createList' ? ['createListDay'] : []),
]

export function quotas({
  settings: { accountId },
  credentials: { apiKey },
}: Pick<KlaviyoConnection, 'settings' | 'credentials'>): Quotas {
  const account = `klaviyo:${accountId ?? hash('sha256', apiKey).slice(0, 12)}`
  const all = Object.entries(ENDPOINTS).flatMap(([endpoint, tier]) => {
    const [aSecond, aMinute] = TIERS[tier]
    return [
      [burst(endpoint), { key: `${account}:${endpoint}:second`, limit: aSecond, windowMs: SECOND }],
      [steady(endpoint), { key: `${account}:${endpoint}:minute`, limit: aMinute, windowMs: MINUTE }],
    ] as const
  })
  return { ...Object.fromEntries(all), createListDay: { key: `${account}:createList:day`, limit: 150, windowMs: DAY } }
}
