import { randomBytes, randomInt } from 'node:crypto'
import { z } from 'zod'
import { ControlFault } from '../control/control-fault.ts'
import { check } from '../control/read-input.ts'
import type { MadeAccount } from '../platform.ts'
import type { Account, TikTokState } from './state.ts'

const knownSettings = z.looseObject({
  advertiser_id: z.string().regex(/^\d{1,19}$/, 'digits'),
  event_source_id: z.string().min(1).nullish(),
})
const knownCredentials = z.looseObject({ access_token: z.string().min(1) })

const limit = z.int().min(0).nullable().optional()
const accountChanges = z.strictObject({
  token_expired: z.boolean().optional(),
  may_use_audiences: z.boolean().optional(),
  processing_seconds: z.number().min(0).max(86_400).optional(),
  match_rate: z.number().min(0).max(1).optional(),
  second_limit: limit,
  minute_limit: limit,
  daily_limit: limit,
})

/** Makes a new account, or makes one again that an earlier life of the sandbox gave out; a known one stays as it is. */
export function makeAccount(state: TikTokState, known: { settings?: unknown; credentials?: unknown }): MadeAccount {
  if (known.settings === undefined && known.credentials === undefined) return keep(state, newAccount(state))
  const settings = check(knownSettings, known.settings ?? {}, '`settings` of an account made again')
  const credentials = check(knownCredentials, known.credentials ?? {}, '`credentials` of an account made again')
  const id = settings.advertiser_id
  const account = state.accounts.get(id) ?? { ...newAccount(state), id }
  // The same token changes nothing, also not an expiry; another one is a reconnection.
  if (account.accessToken !== credentials.access_token) account.tokenExpired = false
  account.accessToken = credentials.access_token
  account.pixelCode = settings.event_source_id ?? account.pixelCode
  return keep(state, account)
}

export function changeAccount(state: TikTokState, id: string, input: unknown): Record<string, unknown> | undefined {
  const account = state.accounts.get(id)
  if (account === undefined) return undefined
  const changes = check(accountChanges, input, 'Changes to a TikTok account')
  if (Object.keys(changes).length === 0)
    throw new ControlFault(400, `Name what to change: ${Object.keys(accountChanges.shape).join(', ')}.`)
  account.tokenExpired = changes.token_expired ?? account.tokenExpired
  account.mayUseAudiences = changes.may_use_audiences ?? account.mayUseAudiences
  account.processingSeconds = changes.processing_seconds ?? account.processingSeconds
  account.matchRate = changes.match_rate ?? account.matchRate
  const { second_limit: second, minute_limit: minute, daily_limit: day } = changes
  for (const [unit, limit] of Object.entries({ second, minute, day }))
    if (limit !== undefined) account.limits = { ...account.limits, [unit]: limit }
  return describeAccount(account)
}

/** The account's state, without its secrets. */
export function describeAccount(account: Account): Record<string, unknown> {
  return {
    id: account.id,
    settings: settingsOf(account),
    token_expired: account.tokenExpired,
    may_use_audiences: account.mayUseAudiences,
    processing_seconds: account.processingSeconds,
    match_rate: account.matchRate,
    second_limit: account.limits.second,
    minute_limit: account.limits.minute,
    daily_limit: account.limits.day,
  }
}

function newAccount(state: TikTokState): Account {
  return {
    id: `7${randomInt(100_000_000, 999_999_999)}${randomInt(100_000_000, 999_999_999)}`,
    pixelCode: `C${randomBytes(10).toString('hex').toUpperCase()}`,
    createdAt: state.clock.now(),
    accessToken: randomBytes(20).toString('hex'),
    tokenExpired: false,
    mayUseAudiences: true,
    processingSeconds: 0,
    matchRate: 1,
    limits: { second: null, minute: null, day: null },
    windows: {},
    blockedUntil: 0,
  }
}

function keep(state: TikTokState, account: Account): MadeAccount {
  state.accounts.set(account.id, account)
  return {
    id: account.id,
    settings: settingsOf(account),
    credentials: { access_token: account.accessToken },
  }
}

function settingsOf({ id, pixelCode }: Account): Record<string, string> {
  return { advertiser_id: id, event_source_id: pixelCode }
}
