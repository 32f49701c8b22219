import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { ControlFault } from '../control/control-fault.ts'
import { check } from '../control/read-input.ts'
import type { MadeAccount } from '../platform.ts'
import { keepAccount } from './kept-state.ts'
import { newNumber } from './numbers.ts'
import type { Account, MetaState } from './state.ts'

const knownSettings = z.looseObject({
  ad_account_id: z.string().regex(/^(act_)?\d{1,20}$/, 'digits, with or without act_ before them'),
  pixel_id: z
    .string()
    .regex(/^\d{1,20}$/, 'digits')
    .nullish(),
})
const knownCredentials = z.looseObject({
  access_token: z.string().min(1),
  app_secret: z.string().nullish(),
})

const accountChanges = z.strictObject({
  token_expired: z.boolean().optional(),
  permissions: z.array(z.enum(['ads_management', 'ads_read'])).optional(),
  terms_accepted: z.boolean().optional(),
  business_linked: z.boolean().optional(),
  proof_required: z.boolean().optional(),
  tier: z.enum(['standard', 'advanced']).optional(),
})

/** Makes a new account, or makes one again that an earlier life of the sandbox gave out; a known one stays as it is. */
export function makeAccount(state: MetaState, known: { settings?: unknown; credentials?: unknown }): MadeAccount {
  if (known.settings === undefined && known.credentials === undefined) return keep(state, newAccount(state))
  const settings = check(knownSettings, known.settings ?? {}, '`settings` of an account made again')
  const credentials = check(knownCredentials, known.credentials ?? {}, '`credentials` of an account made again')
  const id = settings.ad_account_id.replace(/^act_/, '')
  const account = state.accounts.get(id) ?? { ...newAccount(state), id }
  // The same credentials change nothing, also not an expiry; other ones are a reconnection.
  if (account.accessToken !== credentials.access_token) account.tokenExpired = false
  account.accessToken = credentials.access_token
  account.appSecret = credentials.app_secret ?? account.appSecret
  account.pixelId = settings.pixel_id ?? account.pixelId
  return keep(state, account)
}

export function changeAccount(state: MetaState, id: string, input: unknown): Record<string, unknown> | undefined {
  const account = state.accounts.get(id.replace(/^act_/, ''))
  if (account === undefined) return undefined
  const changes = check(accountChanges, input, 'Changes to a Meta account')
  if (Object.keys(changes).length === 0)
    throw new ControlFault(400, `Name what to change: ${Object.keys(accountChanges.shape).join(', ')}.`)
  account.tokenExpired = changes.token_expired ?? account.tokenExpired
  account.permissions = changes.permissions ? new Set(changes.permissions) : account.permissions
  account.termsAccepted = changes.terms_accepted ?? account.termsAccepted
  account.businessLinked = changes.business_linked ?? account.businessLinked
  account.proofRequired = changes.proof_required ?? account.proofRequired
  account.tier = changes.tier ?? account.tier
  keepAccount(state, account)
  return describeAccount(account)
}

/** The account's state, without its secrets. */
export function describeAccount(account: Account): Record<string, unknown> {
  return {
    id: account.id,
    settings: settingsOf(account),
    token_expired: account.tokenExpired,
    permissions: [...account.permissions],
    terms_accepted: account.termsAccepted,
    business_linked: account.businessLinked,
    proof_required: account.proofRequired,
    tier: account.tier,
  }
}

function newAccount(state: MetaState): Account {
  return {
    id: newNumber(),
    businessId: newNumber(),
    pixelId: newNumber(),
    createdAt: state.clock.now(),
    accessToken: `EAA${randomBytes(40).toString('hex')}`,
    appSecret: randomBytes(16).toString('hex'),
    tokenExpired: false,
    permissions: new Set(['ads_management', 'ads_read']),
    termsAccepted: true,
    businessLinked: true,
    proofRequired: false,
    tier: 'standard',
    sessions: new Map(),
    calls: new Map(),
  }
}

function keep(state: MetaState, account: Account): MadeAccount {
  state.accounts.set(account.id, account)
  keepAccount(state, account)
  return {
    id: account.id,
    settings: settingsOf(account),
    credentials: { access_token: account.accessToken, app_secret: account.appSecret },
  }
}

function settingsOf({ id, pixelId }: Account): Record<string, string> {
  return { ad_account_id: id, pixel_id: pixelId }
}
