import { z } from 'zod'
import type { Connection, Quotas } from '../define.ts'
import { eventNames, usualNames } from '../event-names.ts'
import { alsoByOwnName } from '../own-names.ts'
import { ADMIN_URL, api, EU_URL, LONGEST_USER_PROPERTY, limits } from './api.ts'

const MINUTE = 60_000

const ourSettings = z
  .object({
    measurementId: z
      .string()
      .trim()
      .regex(/^G-[A-Z0-9]{4,20}$/, 'The measurement id looks like G-ABC1234567')
      .optional()
      .meta({ title: 'Measurement id', description: 'Of a web stream; or give the Firebase app id of an app stream' }),
    firebaseAppId: z
      .string()
      .trim()
      .regex(/^\d+:\d+:(ios|android|web):[0-9a-f]+$/, 'The Firebase app id looks like 1:1234567890:android:0a1b2c')
      .optional()
      .meta({ title: 'Firebase app id', description: 'Of an app stream' }),
    region: z.enum(['global', 'eu']).default('global').meta({
      title: 'Where events are taken',
      description: "eu: by Google's servers in the European Union",
    }),
    propertyId: z
      .string()
      .trim()
      .regex(/^[0-9]{1,20}$/, 'The property id is a number')
      .optional()
      .meta({ title: 'Property id', description: 'To make audiences for you: as in the property settings' }),
  })
  .refine(
    ({ measurementId, firebaseAppId }) => (measurementId === undefined) !== (firebaseAppId === undefined),
    'Give either measurementId (web stream) or firebaseAppId (app stream)',
  )

const secret = (title: string, description: string) =>
  z.string().trim().min(1).meta({ secret: true, title, description })

const ourCredentials = z.object({
  apiSecret: secret('API secret', 'Of the data stream: Admin, Data streams, Measurement Protocol API secrets'),
  accessToken: secret(
    'Access token',
    'To make audiences for you: an OAuth token with the scope analytics.edit. It ends after an hour',
  ).optional(),
})

export const settings = alsoByOwnName(ourSettings, {
  measurement_id: 'measurementId',
  firebase_app_id: 'firebaseAppId',
  property_id: 'propertyId',
})
export const credentials = alsoByOwnName(ourCredentials, { api_secret: 'apiSecret', access_token: 'accessToken' })

const consent = (title: string) => z.enum(['GRANTED', 'DENIED']).optional().meta({ title })

export const syncSettings = z.object({
  ...eventNames(usualNames, {
    longest: limits.eventNameLength,
    pattern: /^(?!(firebase_|ga_|google_))[A-Za-z][A-Za-z0-9_]*$/,
    rule: 'letters, digits and _, begins with a letter, and not with firebase_, ga_ or google_',
  }),
  stateProperty: z
    .string()
    .trim()
    .regex(
      new RegExp(`^(?!(firebase_|ga_|google_))[A-Za-z][A-Za-z0-9_]{0,${LONGEST_USER_PROPERTY - 1}}$`),
      'The name of a user property has up to 24 letters, digits and _, and begins with a letter',
    )
    .optional()
    .meta({
      title: 'User property that says who is in',
      description: 'Is set to "in" by a join and to "out" by a leave. Usually seg_ and the name of the audience',
    }),
  adUserData: consent('Consent: data about the person for ads'),
  adPersonalization: consent('Consent: personalised ads'),
})

export type Ga4Sync = z.output<typeof syncSettings>
export type Ga4Connection = Connection<z.output<typeof settings>, z.output<typeof credentials>>

type Opened = Pick<Ga4Connection, 'settings'>

/** The data stream. */
export const account = ({ settings: { measurementId, firebaseAppId } }: Opened): string =>
  measurementId ?? firebaseAppId ?? ''

/** A property takes 100 million events an hour: no limit of ours. Of the Admin API's 600 calls a minute we use a tenth. */
export const quotas = (opened: Opened): Quotas => ({
  admin: { key: `ga4:admin:${opened.settings.propertyId ?? account(opened)}`, limit: 60, windowMs: MINUTE },
})

const isReal = ({ baseUrl }: Pick<Ga4Connection, 'baseUrl'>) => baseUrl === api.baseUrl

/** The address of the collecting call, or of the one that validates. It holds the secret: it goes into no error and no log. */
export function collectUrl(connection: Ga4Connection, path: '/mp/collect' | '/debug/mp/collect'): string {
  const { settings: ours, credentials: secrets, baseUrl } = connection
  const query = new URLSearchParams({
    ...(ours.measurementId === undefined
      ? { firebase_app_id: ours.firebaseAppId ?? '' }
      : { measurement_id: ours.measurementId }),
    api_secret: secrets.apiSecret,
  })
  return `${isReal(connection) && ours.region === 'eu' ? EU_URL : baseUrl}${path}?${query}`
}

export const adminUrl = (connection: Ga4Connection): string => (isReal(connection) ? ADMIN_URL : connection.baseUrl)
