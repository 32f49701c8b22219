import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { ControlFault } from '../control/control-fault.ts'
import { check } from '../control/read-input.ts'
import { credentialsOf, expireAccess, newTokens, reviveAccess, takeCredentials } from '../oauth-tokens.ts'
import type { MadeAccount } from '../platform.ts'
import type { Account, PinterestState } from './state.ts'
import { scopes } from './state.ts'

const DAY_MS = 86_400_000
export const lifetimes = { accessMs: 30 * DAY_MS, refreshMs: 365 * DAY_MS }

const knownSettings = z.looseObject({ ad_account_id: z.string().regex(/^\d{1,18}$/, 'digits') })
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
  match_rate: z.number().min(0).max(1).optional(),
  minute_limit: z.int().min(0).optional(),
})

/** Makes a new account, or makes one again that an earlier life of the sandbox gave out; a known one stays as it is. */
export function makeAccount(state: PinterestState, known: { settings?: unknown; credentials?: unknown }): MadeAccount {
  if (known.settings === undefined && known.credentials === undefined) return keep(state, newAccount(state))
  const settings = check(knownSettings, known.settings ?? {}, '`settings` of an account made again')
  const credentials = check(knownCredentials, known.credentials ?? {}, '`credentials` of an account made again')
  const id = settings.ad_account_id
  const account = state.accounts.get(id) ?? { ...newAccount(state), id }
  takeCredentials(account.tokens, credentials, lifetimes, state.clock.now())
  return keep(state, account)
}

export function changeAccount(state: PinterestState, id: string, input: unknown): Record<string, unknown> | undefined {
  const account = state.accounts.get(id)
  if (account === undefined) return undefined
  const changes = check(accountChanges, input, 'Changes to a Pinterest account')
  if (Object.keys(changes).length === 0)
    throw new ControlFault(400, `Name what to change: ${Object.keys(accountChanges.shape).join(', ')}.`)
  const now = state.clock.now()
  if (changes.token_expired === true) expireAccess(account.tokens)
  if (changes.token_expired === false) reviveAccess(account.tokens, now + lifetimes.accessMs)
  if (changes.refresh_token_expired !== undefined)
    account.tokens.refreshExpiresAt = changes.refresh_token_expired ? 0 : now + lifetimes.refreshMs
  account.scopes = changes.scopes ?? account.scopes
  account.matchRate = changes.match_rate ?? account.matchRate
  account.minuteLimit = changes.minute_limit ?? account.minuteLimit
  return describeAccount(state, account)
}

/** The account's state, without its secrets. */
export function describeAccount({ clock }: PinterestState, account: Account): Record<string, unknown> {
  const now = clock.now()
  return {
    id: account.id,
    settings: { ad_account_id: account.id },
    token_expired: Object.values(account.tokens.access).every((expiresAt) => expiresAt <= now),
    refresh_token_expired: account.tokens.refreshExpiresAt <= now,
    scopes: account.scopes,
    match_rate: account.matchRate,
    minute_limit: account.minuteLimit,
  }
}

function newAccount(state: PinterestState): Account {
  const now = state.clock.now()
  return {
    id: `5497${randomInt(10_000_000, 99_999_999)}`,
    createdAt: now,
    tokens: newTokens('pina_', lifetimes, now),
    scopes: [...scopes],
    matchRate: 1,
    minuteLimit: 1_000,
    calls: undefined,
  }
}

function keep(state: PinterestState, account: Account): MadeAccount {
  state.accounts.set(account.id, account)
  return { id: account.id, settings: { ad_account_id: account.id }, credentials: credentialsOf(account.tokens) }
}
