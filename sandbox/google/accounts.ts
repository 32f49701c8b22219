import { createPrivateKey, randomBytes, randomInt, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { ControlFault } from '../control/control-fault.ts'
import { check } from '../control/read-input.ts'
import type { MadeAccount } from '../platform.ts'
import type { Account, GoogleState, ServiceAccount } from './state.ts'
import { DATA_MANAGER_SCOPE, TOKEN_PATH } from './token-endpoint.ts'

const tenDigits = z.string().regex(/^\d{10}$|^\d{3}-\d{3}-\d{4}$/, 'ten digits')
const knownSettings = z.looseObject({
  account_id: tenDigits,
  login_account_id: tenDigits.nullish(),
  ga_property_id: z
    .string()
    .regex(/^\d{1,15}$/, 'digits')
    .nullish(),
  ga_measurement_id: z
    .string()
    .regex(/^G-[A-Z0-9]+$/, 'an id such as G-ABC123')
    .nullish(),
  ga_firebase_app_id: z.string().min(1).nullish(),
})
/** Those of a user, those of a service account, or both. */
const knownCredentials = z.looseObject({
  client_id: z.string().min(1).optional(),
  client_secret: z.string().min(1).optional(),
  refresh_token: z.string().min(1).optional(),
  service_account_key: z.string().min(1).optional(),
})
const keyFile = z.looseObject({
  client_email: z.string().min(1),
  private_key_id: z.string().optional(),
  private_key: z.string().refine(isPrivateKey, 'a private key in PEM form'),
})

const accountChanges = z.strictObject({
  token_expired: z.literal(true).optional(),
  refresh_token_revoked: z.boolean().optional(),
  scopes: z.array(z.string()).optional(),
  access: z.enum(['direct', 'manager', 'none']).optional(),
  terms_accepted: z.boolean().optional(),
  allowlisted: z.boolean().optional(),
  api_enabled: z.boolean().optional(),
  consent_required: z.boolean().optional(),
  ga_role: z.enum(['editor', 'viewer']).optional(),
  processing_seconds: z
    .number()
    .min(0)
    .max(30 * 86_400)
    .optional(),
})

/** Makes a new account, or makes one again that an earlier life of the sandbox gave out; a known one stays as it is. */
export function makeAccount(
  state: GoogleState,
  known: { settings?: unknown; credentials?: unknown },
  origin: string,
): MadeAccount {
  if (known.settings === undefined && known.credentials === undefined) return keep(state, newAccount(state), origin)
  const settings = check(knownSettings, known.settings ?? {}, '`settings` of an account made again')
  const given = check(knownCredentials, known.credentials ?? {}, '`credentials` of an account made again')
  const id = digits(settings.account_id)
  const account = state.accounts.get(id) ?? { ...newAccount(state), id }
  account.managerId = digits(settings.login_account_id ?? account.managerId)
  account.analytics = {
    ...account.analytics,
    propertyId: settings.ga_property_id ?? account.analytics.propertyId,
    measurementId: settings.ga_measurement_id ?? account.analytics.measurementId,
    firebaseAppId: settings.ga_firebase_app_id ?? account.analytics.firebaseAppId,
  }
  // The same credentials change nothing, also not a revocation; other ones are a reconnection.
  if (given.refresh_token !== undefined && given.refresh_token !== account.refreshToken)
    account.refreshTokenRevoked = false
  account.clientId = given.client_id ?? account.clientId
  account.clientSecret = given.client_secret ?? account.clientSecret
  account.refreshToken = given.refresh_token ?? account.refreshToken
  if (given.service_account_key !== undefined) account.serviceAccount = readKey(given.service_account_key)
  return keep(state, account, origin)
}

export function changeAccount(state: GoogleState, id: string, input: unknown): Record<string, unknown> | undefined {
  const account = state.accounts.get(digits(id))
  if (account === undefined) return undefined
  const changes = check(accountChanges, input, 'Changes to a Google account')
  if (Object.keys(changes).length === 0)
    throw new ControlFault(400, `Name what to change: ${Object.keys(accountChanges.shape).join(', ')}.`)
  if (changes.token_expired) expireTokens(state, account)
  account.refreshTokenRevoked = changes.refresh_token_revoked ?? account.refreshTokenRevoked
  // Who takes a consent back ends what it opened.
  if (changes.refresh_token_revoked) expireTokens(state, account)
  account.scopes = changes.scopes ?? account.scopes
  account.access = changes.access ?? account.access
  account.termsAccepted = changes.terms_accepted ?? account.termsAccepted
  account.allowlisted = changes.allowlisted ?? account.allowlisted
  account.apiEnabled = changes.api_enabled ?? account.apiEnabled
  account.consentRequired = changes.consent_required ?? account.consentRequired
  account.analytics.role = changes.ga_role ?? account.analytics.role
  account.processingSeconds = changes.processing_seconds ?? account.processingSeconds
  return describeAccount(account)
}

/** The account's state, without its secrets. */
export function describeAccount(account: Account): Record<string, unknown> {
  return {
    id: account.id,
    settings: settingsOf(account),
    manager_id: account.managerId,
    access: account.access,
    refresh_token_revoked: account.refreshTokenRevoked,
    scopes: account.scopes,
    terms_accepted: account.termsAccepted,
    allowlisted: account.allowlisted,
    api_enabled: account.apiEnabled,
    consent_required: account.consentRequired,
    processing_seconds: account.processingSeconds,
    ga_role: account.analytics.role,
  }
}

function expireTokens(state: GoogleState, account: Account): void {
  for (const token of state.tokens.values()) {
    const owner = state.accounts.get(token.accountId)
    if (owner && shareCredentials(owner, account)) token.expiresAt = Math.min(token.expiresAt, state.clock.now())
  }
}

/** One user, or one service account, may be at home in several accounts. */
export function shareCredentials(one: Account, other: Account): boolean {
  return one.refreshToken === other.refreshToken || one.serviceAccount.clientEmail === other.serviceAccount.clientEmail
}

function newAccount(state: GoogleState): Account {
  const project = String(randomInt(100_000_000_000, 281_474_976_710_655))
  return {
    id: freeId(state),
    managerId: freeId(state),
    access: 'direct',
    clientId: `${project}-${randomBytes(16).toString('hex')}.apps.googleusercontent.com`,
    clientSecret: `GOCSPX-${randomBytes(21).toString('base64url')}`,
    refreshToken: `1//0${randomBytes(48).toString('base64url')}`,
    refreshTokenRevoked: false,
    serviceAccount: {
      clientEmail: `audience-sync@sandbox-${randomBytes(6).toString('hex')}.iam.gserviceaccount.com`,
      privateKeyId: randomUUID().replaceAll('-', ''),
      privateKey: state.newKey(),
    },
    scopes: [DATA_MANAGER_SCOPE],
    termsAccepted: true,
    allowlisted: true,
    apiEnabled: true,
    consentRequired: false,
    processingSeconds: 2,
    analytics: {
      propertyId: String(randomInt(100_000_000, 1_000_000_000)),
      measurementId: `G-${randomBytes(5).toString('hex').toUpperCase()}`,
      firebaseAppId: `1:${project}:android:${randomBytes(8).toString('hex')}`,
      role: 'editor',
    },
  }
}

function freeId(state: GoogleState): string {
  const id = String(randomInt(1_000_000_000, 10_000_000_000))
  return state.accounts.has(id) ? freeId(state) : id
}

function keep(state: GoogleState, account: Account, origin: string): MadeAccount {
  state.accounts.set(account.id, account)
  const tokenUri = `${origin}${TOKEN_PATH}`
  return {
    id: account.id,
    settings: settingsOf(account),
    credentials: {
      client_id: account.clientId,
      client_secret: account.clientSecret,
      refresh_token: account.refreshToken,
      token_uri: tokenUri,
      service_account_key: JSON.stringify(writeKey(account, tokenUri)),
    },
  }
}

function settingsOf({ id, analytics }: Account): Record<string, string> {
  return {
    account_type: 'GOOGLE_ADS',
    account_id: id,
    ga_property_id: analytics.propertyId,
    ga_measurement_id: analytics.measurementId,
    ga_firebase_app_id: analytics.firebaseAppId,
  }
}

/** The key as the Cloud console gives it out, but for where tokens are had. */
function writeKey({ serviceAccount }: Account, tokenUri: string): Record<string, string> {
  const { clientEmail, privateKeyId, privateKey } = serviceAccount
  return {
    type: 'service_account',
    project_id: clientEmail.replace(/^.*@|\.iam\..*$/g, ''),
    private_key_id: privateKeyId,
    private_key: privateKey,
    client_email: clientEmail,
    client_id: '100000000000000000000',
    token_uri: tokenUri,
    universe_domain: 'googleapis.com',
  }
}

function readKey(text: string): ServiceAccount {
  const key = check(keyFile, parse(text), '`service_account_key`')
  return { clientEmail: key.client_email, privateKeyId: key.private_key_id ?? '', privateKey: key.private_key }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ControlFault(400, '`service_account_key` must be the text of a key file: a JSON object.')
  }
}

function isPrivateKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa'
  } catch {
    return false
  }
}

function digits(id: string): string {
  return id.replaceAll('-', '')
}
