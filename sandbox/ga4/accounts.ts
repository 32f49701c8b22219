import { randomBytes, randomInt } from 'node:crypto'
import { z } from 'zod'
import { ControlFault } from '../control/control-fault.ts'
import { check } from '../control/read-input.ts'
import type { MadeAccount } from '../platform.ts'
import { type Account, type Ga4State, keepAccount } from './state.ts'

const knownSettings = z.looseObject({
  measurement_id: z.string().regex(/^G-[A-Z0-9]{4,12}$/, 'G- and capitals or digits'),
  property_id: z
    .string()
    .regex(/^\d{1,18}$/, 'digits')
    .nullish(),
})
const knownCredentials = z.looseObject({ api_secret: z.string().min(1), access_token: z.string().min(1).nullish() })

const accountChanges = z.strictObject({ token_expired: z.boolean().optional(), may_edit: z.boolean().optional() })

/** Makes a new property, or makes one again that an earlier life of the sandbox gave out; a known one stays as it is. */
export function makeAccount(state: Ga4State, known: { settings?: unknown; credentials?: unknown }): MadeAccount {
  if (known.settings === undefined && known.credentials === undefined) return keep(state, newAccount())
  const settings = check(knownSettings, known.settings ?? {}, '`settings` of an account made again')
  const credentials = check(knownCredentials, known.credentials ?? {}, '`credentials` of an account made again')
  const before = state.accounts.get(settings.measurement_id) ?? newAccount()
  const accessToken = credentials.access_token ?? before.accessToken
  return keep(state, {
    ...before,
    measurementId: settings.measurement_id,
    propertyId: settings.property_id ?? before.propertyId,
    apiSecret: credentials.api_secret,
    accessToken,
    // The same token changes nothing, also not its expiry; another one is a new authorisation.
    tokenExpired: accessToken === before.accessToken && before.tokenExpired,
  })
}

export function changeAccount(state: Ga4State, id: string, input: unknown): Record<string, unknown> | undefined {
  const account = state.accounts.get(id)
  if (account === undefined) return undefined
  const changes = check(accountChanges, input, 'Changes to a GA4 property')
  if (Object.keys(changes).length === 0)
    throw new ControlFault(400, `Name what to change: ${Object.keys(accountChanges.shape).join(', ')}.`)
  const changed = {
    ...account,
    tokenExpired: changes.token_expired ?? account.tokenExpired,
    mayEdit: changes.may_edit ?? account.mayEdit,
  }
  keepAccount(state, changed)
  return describeAccount(changed)
}

/** The account's state, without its secrets. */
export function describeAccount(account: Account): Record<string, unknown> {
  return {
    id: account.measurementId,
    settings: settingsOf(account),
    firebase_app_id: account.firebaseAppId,
    token_expired: account.tokenExpired,
    may_edit: account.mayEdit,
  }
}

const capitals = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'

function newAccount(): Account {
  const code = Array.from({ length: 10 }, () => capitals[randomInt(capitals.length)]).join('')
  return {
    measurementId: `G-${code}`,
    firebaseAppId: `1:${randomInt(100_000_000, 999_999_999)}:android:${randomBytes(8).toString('hex')}`,
    propertyId: String(randomInt(100_000_000, 999_999_999)),
    apiSecret: randomBytes(16).toString('base64url'),
    accessToken: `ya29.${randomBytes(48).toString('base64url')}`,
    tokenExpired: false,
    mayEdit: true,
  }
}

const settingsOf = ({ measurementId, propertyId }: Account) => ({
  measurement_id: measurementId,
  property_id: propertyId,
})

function keep(state: Ga4State, account: Account): MadeAccount {
  keepAccount(state, account)
  return {
    id: account.measurementId,
    settings: settingsOf(account),
    credentials: { api_secret: account.apiSecret, access_token: account.accessToken },
  }
}
