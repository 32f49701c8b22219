import { randomBytes, randomInt } from 'node:crypto'
import { z } from 'zod'
import { ControlFault } from '../control/control-fault.ts'
import { check } from '../control/read-input.ts'
import type { MadeAccount } from '../platform.ts'
import type { Context, Outcome } from './operation.ts'
import { type Account, type KlaviyoState, repeatedIds } from './state.ts'

const accountId = z.string().regex(/^[A-Za-z0-9]{6}$/, 'six letters and digits')
const knownSettings = z.looseObject({ account_id: accountId })
const knownCredentials = z.looseObject({ private_api_key: z.string().min(1) })

/** What a private key may be given; a new one has all. */
export const allScopes = [
  'accounts:read',
  'data-privacy:write',
  'events:write',
  'lists:read',
  'lists:write',
  'profiles:read',
  'profiles:write',
  'subscriptions:write',
] as const
export type Scope = (typeof allScopes)[number]

const accountChanges = z.strictObject({
  key_revoked: z.boolean().optional(),
  scopes: z.array(z.enum(allScopes)).optional(),
  opt_in_process: z.enum(['single_opt_in', 'double_opt_in']).optional(),
  job_seconds: z.number().min(0).max(86_400).optional(),
  result_seconds: z
    .number()
    .min(0)
    .max(365 * 86_400)
    .optional(),
  repeated_ids: z.enum(repeatedIds).optional(),
})

/** Makes a new account, or makes one again that an earlier life of the sandbox gave out; a known one stays as it is. */
export function makeAccount(state: KlaviyoState, known: { settings?: unknown; credentials?: unknown }): MadeAccount {
  if (known.settings === undefined && known.credentials === undefined) return keep(state, newAccount(state))
  const settings = check(knownSettings, known.settings ?? {}, '`settings` of an account made again')
  const credentials = check(knownCredentials, known.credentials ?? {}, '`credentials` of an account made again')
  const account = state.accounts.get(settings.account_id) ?? { ...newAccount(state), id: settings.account_id }
  // The same key changes nothing, also not a revocation; another one is a reconnection.
  if (account.privateKey !== credentials.private_api_key) account.keyRevoked = false
  account.privateKey = credentials.private_api_key
  return keep(state, account)
}

export function changeAccount(state: KlaviyoState, id: string, input: unknown): Record<string, unknown> | undefined {
  const account = state.accounts.get(id)
  if (account === undefined) return undefined
  const changes = check(accountChanges, input, 'Changes to a Klaviyo account')
  if (Object.keys(changes).length === 0)
    throw new ControlFault(400, `Name what to change: ${Object.keys(accountChanges.shape).join(', ')}.`)
  account.keyRevoked = changes.key_revoked ?? account.keyRevoked
  account.scopes = changes.scopes ?? account.scopes
  account.optInProcess = changes.opt_in_process ?? account.optInProcess
  account.jobSeconds = changes.job_seconds ?? account.jobSeconds
  account.resultSeconds = changes.result_seconds ?? account.resultSeconds
  account.repeatedIds = changes.repeated_ids ?? account.repeatedIds
  return describeAccount(account)
}

/** The account's state, without its secrets. */
export function describeAccount(account: Account): Record<string, unknown> {
  return {
    id: account.id,
    settings: { account_id: account.id },
    key_revoked: account.keyRevoked,
    scopes: account.scopes,
    opt_in_process: account.optInProcess,
    job_seconds: account.jobSeconds,
    result_seconds: account.resultSeconds,
    repeated_ids: account.repeatedIds,
  }
}

function newAccount(state: KlaviyoState): Account {
  return {
    id: newShortId((id) => state.accounts.has(id)),
    privateKey: `pk_${randomBytes(17).toString('hex')}`,
    keyRevoked: false,
    scopes: [...allScopes],
    optInProcess: 'single_opt_in',
    jobSeconds: 2,
    resultSeconds: 7 * 86_400,
    repeatedIds: 'named',
    windows: {},
    blockedUntil: {},
  }
}

const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789'

/** Six letters and digits, as accounts and lists are called. */
export function newShortId(isTaken: (id: string) => boolean): string {
  const id = Array.from({ length: 6 }, () => letters[randomInt(letters.length)]).join('')
  return isTaken(id) ? newShortId(isTaken) : id
}

function keep(state: KlaviyoState, account: Account): MadeAccount {
  state.accounts.set(account.id, account)
  return {
    id: account.id,
    settings: { account_id: account.id },
    credentials: { private_api_key: account.privateKey },
  }
}

export function readAccounts({ account, origin, self }: Context): Outcome {
  return {
    status: 200,
    body: {
      data: [
        {
          type: 'account',
          id: account.id,
          attributes: {
            test_account: true,
            contact_information: {
              default_sender_name: 'Sandbox',
              default_sender_email: 'sender@example.test',
              website_url: 'https://example.test',
              organization_name: `Sandbox ${account.id}`,
              street_address: { address1: null, address2: null, city: null, region: null, country: null, zip: null },
            },
            industry: null,
            timezone: 'UTC',
            preferred_currency: 'EUR',
            public_api_key: account.id,
            locale: 'en-US',
          },
          links: { self: `${origin}/api/accounts/${account.id}` },
        },
      ],
      links: { self, next: null, prev: null },
    },
  }
}
