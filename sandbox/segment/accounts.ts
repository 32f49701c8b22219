import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { ControlFault } from '../control/control-fault.ts'
import { check } from '../control/read-input.ts'
import type { MadeAccount } from '../platform.ts'
import { type Account, keepAccount, type SegmentState } from './state.ts'

const knownCredentials = z.looseObject({ write_key: z.string().min(1) })

const accountChanges = z.strictObject({
  key_revoked: z.boolean().optional(),
  second_limit: z.int().min(0).optional(),
})

/** Makes a new source, or makes one again that an earlier life of the sandbox gave out; a known one stays as it is. */
export function makeAccount(state: SegmentState, known: { settings?: unknown; credentials?: unknown }): MadeAccount {
  const isNew = known.settings === undefined && known.credentials === undefined
  const writeKey = isNew
    ? randomBytes(24).toString('base64url')
    : check(knownCredentials, known.credentials ?? {}, '`credentials` of an account made again').write_key
  const id = idOf(writeKey)
  const account = state.accounts.get(id) ?? { id, writeKey, keyRevoked: false, secondLimit: 1_000, calls: undefined }
  keepAccount(state, account)
  return { id, settings: {}, credentials: { write_key: writeKey } }
}

/** The same key is the same source, also in another life of the sandbox. */
function idOf(writeKey: string): string {
  return `source-${createHash('sha256').update(writeKey).digest('hex').slice(0, 10)}`
}

export function changeAccount(state: SegmentState, id: string, input: unknown): Record<string, unknown> | undefined {
  const account = state.accounts.get(id)
  if (account === undefined) return undefined
  const changes = check(accountChanges, input, 'Changes to a Segment source')
  if (Object.keys(changes).length === 0)
    throw new ControlFault(400, `Name what to change: ${Object.keys(accountChanges.shape).join(', ')}.`)
  account.keyRevoked = changes.key_revoked ?? account.keyRevoked
  account.secondLimit = changes.second_limit ?? account.secondLimit
  keepAccount(state, account)
  return describeAccount(account)
}

/** The account's state, without its secrets. */
export function describeAccount({ id, keyRevoked, secondLimit }: Account): Record<string, unknown> {
  return { id, settings: {}, key_revoked: keyRevoked, second_limit: secondLimit }
}
