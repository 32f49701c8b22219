import { z } from 'zod'
import type { Connection, Quotas } from '../define.ts'
import { alsoByOwnName } from '../own-names.ts'
import { MOST_DAYS } from './api.ts'

const accountId = (what: string) =>
  z
    .string()
    .trim()
    .overwrite((id) => id.replaceAll('-', ''))
    .regex(/^[0-9]{1,20}$/, `The ${what} is a number, with or without hyphens`)

const ourSettings = z.object({
  accountId: accountId('customer id').meta({
    title: 'Customer id',
    description: 'Of the Google Ads account, such as 123-456-7890',
  }),
  loginAccountId: accountId('manager id').optional().meta({
    title: 'Manager customer id',
    description: 'Where the credentials reach the account through a manager account',
  }),
  projectId: z
    .string()
    .trim()
    .regex(/^[a-z0-9-]{1,64}$/, 'The project id has lowercase letters, digits and hyphens')
    .optional()
    .meta({
      title: 'Cloud project id',
      description: 'Google counts calls per project: destinations of one project share its quota',
    }),
  gaPropertyId: z
    .string()
    .trim()
    .regex(/^[0-9]{1,20}$/, 'The property id is a number')
    .optional()
    .meta({ title: 'Google Analytics property id', description: 'For event syncs: as in the property settings' }),
  gaMeasurementId: z
    .string()
    .trim()
    .regex(/^G-[A-Z0-9]{4,20}$/, 'The measurement id looks like G-ABC1234567')
    .optional()
    .meta({ title: 'Google Analytics measurement id', description: "For event syncs: of the property's web stream" }),
})

const secret = (what: string) => z.string().trim().min(1).meta({ secret: true, title: what })

/** The key file of a service account, as it was downloaded. */
const keyFile = z.object({
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  private_key_id: z.string().optional(),
})

const serviceAccountKey = secret('service account key').refine(
  (text) => keyFile.safeParse(parsed(text)).success,
  'The service account key is the whole text of its JSON file',
)

const ourCredentials = z
  .object({
    clientId: secret('client id').optional(),
    clientSecret: secret('client secret').optional(),
    refreshToken: secret('refresh token').optional(),
    serviceAccountKey: serviceAccountKey.optional(),
    /** Of a sandbox account; real ones are never sent elsewhere than to Google. */
    tokenUri: z.url().optional(),
  })
  .refine(
    ({ clientId, clientSecret, refreshToken, serviceAccountKey: key }) =>
      key !== undefined || (clientId !== undefined && clientSecret !== undefined && refreshToken !== undefined),
    'Either the key of a service account, or client id, client secret and refresh token',
  )

export const settings = alsoByOwnName(ourSettings, {
  account_id: 'accountId',
  login_account_id: 'loginAccountId',
  project_id: 'projectId',
  ga_property_id: 'gaPropertyId',
  ga_measurement_id: 'gaMeasurementId',
})
export const credentials = alsoByOwnName(ourCredentials, {
  client_id: 'clientId',
  client_secret: 'clientSecret',
  refresh_token: 'refreshToken',
  service_account_key: 'serviceAccountKey',
  token_uri: 'tokenUri',
})

const consent = z.enum(['granted', 'denied', 'unspecified']).default('unspecified')

/** Consent where no field of the members says it. */
export const consentSettings = {
  adUserData: consent.meta({
    title: 'Consent: ad user data',
    description: 'For members whose own field says nothing. People in the EEA and the UK need both consents granted',
  }),
  adPersonalization: consent.meta({ title: 'Consent: ad personalisation' }),
}

/** What each sync of a list may set: consent, and how its list is made. */
export const syncSettings = z.object({
  ...consentSettings,
  membershipDays: z.int().min(1).max(MOST_DAYS).default(MOST_DAYS).meta({
    title: 'Days that a member stays in a new list',
    description: 'Members are added again long before that, so that nobody falls out',
  }),
  mobileAppId: z.string().trim().min(1).max(200).optional().meta({ title: 'App id of a new list of mobile ids' }),
  mobileSystem: z.enum(['IOS', 'ANDROID']).optional().meta({ title: 'System of a new list of mobile ids' }),
})

export type SyncSettings = z.output<typeof syncSettings>

/** A Google Ads account with the right to act for it. */
export type GoogleConnection = Connection<z.output<typeof settings>, z.output<typeof credentials>>

/** The parsed key file; undefined where the credentials are a person's consent. */
export function keyOf({ credentials: { serviceAccountKey: key } }: Pick<GoogleConnection, 'credentials'>) {
  return key === undefined ? undefined : keyFile.parse(parsed(key))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const MINUTE = 60_000
const DAY = 1_440 * MINUTE

/** 300 a minute and 100,000 a day for writes and for reads of members, and 50,000 a day for everything else, per project. */
export function quotas({ settings: { projectId, accountId: account } }: Pick<GoogleConnection, 'settings'>): Quotas {
  const project = `google:${projectId ?? account}`
  const pair = (name: string, aDay: number) => ({
    [`${name}Minute`]: { key: `${project}:${name}:minute`, limit: 300, windowMs: MINUTE },
    [`${name}Day`]: { key: `${project}:${name}:day`, limit: aDay, windowMs: DAY },
  })
  return { ...pair('write', 100_000), ...pair('read', 100_000), ...pair('other', 50_000) }
}
