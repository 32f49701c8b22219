import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { ControlFault } from '../control/control-fault.ts'
import { check } from '../control/read-input.ts'
import type { MadeAccount } from '../platform.ts'
import { type Account, keepAccount, type WebhookState } from './state.ts'

const knownSettings = z.looseObject({ url: z.url() })
/** 24 to 64 bytes in base64 behind the prefix. */
const secret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]+=*$/, '`whsec_` and base64')
  .refine((text) => {
    const { length } = Buffer.from(text.slice('whsec_'.length), 'base64')
    return length >= 24 && length <= 64
  }, '24 to 64 bytes')
const knownCredentials = z.looseObject({ secret })

const accountChanges = z.strictObject({ rotation_over: z.literal(true) })

/**
 * Makes a new endpoint, or makes one again that an earlier life of the sandbox gave out. Another secret than before
 * begins a rotation: until it is over the older ones are good too.
 */
export function makeAccount(
  state: WebhookState,
  known: { settings?: unknown; credentials?: unknown },
  origin: string,
): MadeAccount {
  if (known.settings === undefined && known.credentials === undefined)
    return keep(state, newAccount(randomBytes(8).toString('hex')), origin)
  const settings = check(knownSettings, known.settings ?? {}, '`settings` of an account made again')
  const credentials = check(knownCredentials, known.credentials ?? {}, '`credentials` of an account made again')
  const id = /\/webhook\/([0-9a-z]{1,64})$/i.exec(new URL(settings.url).pathname)?.[1]
  if (id === undefined) throw new ControlFault(400, '`url` must end in /webhook/ and the id of an account.')
  const account = state.accounts.get(id) ?? { id, secrets: [] }
  const others = account.secrets.filter((each) => each !== credentials.secret)
  return keep(state, { ...account, secrets: [...others, credentials.secret] }, origin)
}

function newAccount(id: string): Account {
  return { id, secrets: [`whsec_${randomBytes(32).toString('base64')}`] }
}

function keep(state: WebhookState, account: Account, origin: string): MadeAccount {
  keepAccount(state, account)
  return {
    id: account.id,
    settings: { url: `${origin}/${account.id}` },
    credentials: { secret: account.secrets.at(-1) ?? '' },
  }
}

export function changeAccount(state: WebhookState, id: string, input: unknown): Record<string, unknown> | undefined {
  const account = state.accounts.get(id)
  if (account === undefined) return undefined
  check(accountChanges, input, 'Changes to an endpoint')
  keepAccount(state, { ...account, secrets: account.secrets.slice(-1) })
  return describeAccount(state, { ...account, secrets: account.secrets.slice(-1) })
}

/** The account's state, without its secrets. */
export function describeAccount({ deliveries }: WebhookState, { id, secrets }: Account): Record<string, unknown> {
  const own = [...deliveries].filter(([key]) => key.startsWith(`${id}/`)).map(([, { count }]) => count)
  return {
    id,
    secrets: secrets.length,
    deliveries: own.length,
    repeated_deliveries: own.reduce((sum, count) => sum + count - 1, 0),
  }
}
