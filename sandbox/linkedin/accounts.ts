import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { ControlFault } from '../control/control-fault.ts'
import { check } from '../control/read-input.ts'
import { credentialsOf, expireAccess, newTokens, reviveAccess, takeCredentials } from '../oauth-tokens.ts'
import type { MadeAccount } from '../platform.ts'
import type { Account, LinkedInState } from './state.ts'
import { roles, scopes } from './state.ts'

const DAY_MS = 86_400_000
export const lifetimes = { accessMs: 60 * DAY_MS, refreshMs: 365 * DAY_MS }

const ACCOUNT_URN = /^(urn:li:sponsoredAccount:)?\d{1,18}$/
const knownSettings = z.looseObject({
  ad_account_id: z.string().regex(ACCOUNT_URN, 'digits, with or without urn:li:sponsoredAccount: before them'),
  source_platform: z.string().min(1).nullish(),
})
const knownCredentials = z
  .looseObject({
    client_id: z.string().nullish(),
    client_secret: z.string().nullish(),
    access_token: z.string().nullish(),
    refresh_token: z.string().nullish(),
  })
  .refine(({ access_token, refresh_token }) => access_token || refresh_token, 'needs `access_token` or `refresh_token`')

const accountChanges = z.strictObject({
  token_expired: z.boolean().optional(),
  refresh_token_expired: z.boolean().optional(),
  scopes: z.array(z.enum(scopes)).optional(),
  role: z.enum(roles).optional(),
  fresh_seconds: z.number().min(0).max(86_400).optional(),
  match_rate: z.number().min(0).max(1).optional(),
  daily_limit: z.int().min(0).optional(),
})

/** Makes a new account, or makes one again that an earlier life of the sandbox gave out; a known one stays as it is. */
export function makeAccount(state: LinkedInState, known: { settings?: unknown; credentials?: unknown }): MadeAccount {
  if (known.settings === undefined && known.credentials === undefined) return keep(state, newAccount(state))
  const settings = check(knownSettings, known.settings ?? {}, '`settings` of an account made again')
  const credentials = check(knownCredentials, known.credentials ?? {}, '`credentials` of an account made again')
  const id = settings.ad_account_id.replace(/^.*:/, '')
  const account = state.accounts.get(id) ?? { ...newAccount(state), id }
  account.sourcePlatform = settings.source_platform ?? account.sourcePlatform
  takeCredentials(account.tokens, credentials, lifetimes, state.clock.now())
  return keep(state, account)
}

export function changeAccount(state: LinkedInState, id: string, input: unknown): Record<string, unknown> | undefined {
  const account = state.accounts.get(id.replace(/^urn:li:sponsoredAccount:/, ''))
  if (account === undefined) return undefined
  const changes = check(accountChanges, input, 'Changes to a LinkedIn account')
  if (Object.keys(changes).length === 0)
    throw new ControlFault(400, `Name what to change: ${Object.keys(accountChanges.shape).join(', ')}.`)
  const now = state.clock.now()
  if (changes.token_expired === true) expireAccess(account.tokens)
  if (changes.token_expired === false) reviveAccess(account.tokens, now + lifetimes.accessMs)
  if (changes.refresh_token_expired !== undefined)
    account.tokens.refreshExpiresAt = changes.refresh_token_expired ? 0 : now + lifetimes.refreshMs
  account.scopes = changes.scopes ?? account.scopes
  account.role = changes.role ?? account.role
  account.freshSeconds = changes.fresh_seconds ?? account.freshSeconds
  account.matchRate = changes.match_rate ?? account.matchRate
  account.dailyLimit = changes.daily_limit ?? account.dailyLimit
  return describeAccount(state, account)
}

/** The account's state, without its secrets. */
export function describeAccount({ clock }: LinkedInState, account: Account): Record<string, unknown> {
  const now = clock.now()
  return {
    id: account.id,
    settings: settingsOf(account),
    token_expired: Object.values(account.tokens.access).every((expiresAt) => expiresAt <= now),
    refresh_token_expired: account.tokens.refreshExpiresAt <= now,
    scopes: account.scopes,
    role: account.role,
    fresh_seconds: account.freshSeconds,
    match_rate: account.matchRate,
    daily_limit: account.dailyLimit,
  }
}

function newAccount(state: LinkedInState): Account {
  const now = state.clock.now()
  return {
    id: String(randomInt(500_000_000, 599_999_999)),
    personId: `p${randomInt(1_000_000, 9_999_999)}`,
    createdAt: now,
    tokens: newTokens('AQ', lifetimes, now),
    scopes: [...scopes],
    role: 'ACCOUNT_MANAGER',
    sourcePlatform: 'SANDBOX_PARTNER',
    freshSeconds: 5,
    matchRate: 1,
    dailyLimit: 500_000,
    windows: {},
  }
}

const settingsOf = ({ id, sourcePlatform }: Account) => ({ ad_account_id: id, source_platform: sourcePlatform })

function keep(state: LinkedInState, account: Account): MadeAccount {
  state.accounts.set(account.id, account)
  return { id: account.id, settings: settingsOf(account), credentials: credentialsOf(account.tokens) }
}
