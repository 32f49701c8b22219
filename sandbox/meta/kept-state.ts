import { z } from 'zod'
import type { Store } from '../keep/store.ts'
import { audienceRule } from './audience-rule.ts'
import { newNumber } from './numbers.ts'
import { heldRows } from './rows.ts'
import type { Account, Audience, MetaState, Session } from './state.ts'

/*
 * What of the state outlives a restart. Rate limits start afresh. A replace that is running goes on: its rows are kept
 * under a name of their own.
 */

const account = z.object({
  id: z.string(),
  businessId: z.string(),
  // An account of a release without events gets one when it is opened.
  pixelId: z.string().default(newNumber),
  createdAt: z.number(),
  accessToken: z.string(),
  appSecret: z.string(),
  tokenExpired: z.boolean(),
  permissions: z.array(z.string()),
  termsAccepted: z.boolean(),
  businessLinked: z.boolean(),
  proofRequired: z.boolean(),
  tier: z.enum(['standard', 'advanced']),
})

const session = z.object({
  id: z.string(),
  accountId: z.string(),
  audienceId: z.string().nullable(),
  kind: z.enum(['users', 'replace']),
  schema: z.string(),
  startedAt: z.number(),
  lastBatchAt: z.number(),
  finishedAt: z.number().nullable(),
  batches: z.array(z.number()),
  estimated: z.number().nullable(),
  received: z.number(),
  invalid: z.number(),
})

const audience = z.object({
  id: z.string(),
  accountId: z.string(),
  name: z.string(),
  description: z.string().optional(),
  optOutLink: z.string().optional(),
  retentionDays: z.number(),
  customerFileSource: z.string().optional(),
  isValueBased: z.boolean(),
  labels: z.unknown().optional(),
  dataSource: z.object({ type: z.string(), sub_type: z.string() }).optional(),
  createdAt: z.number(),
  updatedAt: z.number(),
  contentAt: z.number(),
  uploaded: z.boolean(),
  flagged: z.boolean(),
  deleted: z.boolean(),
  lookalikes: z.number(),
  replaceFailed: z.boolean(),
  website: z.object({ rule: audienceRule, after: z.number() }).optional(),
  rows: z.string(),
  replace: z.object({ session: z.string(), rows: z.string() }).optional(),
})

export function keepAccount({ store }: MetaState, { sessions, calls, permissions, ...rest }: Account): void {
  store.keep('account', rest.id, { ...rest, permissions: [...permissions] } satisfies z.infer<typeof account>)
}

export function keepSession({ store }: MetaState, { batches, ...rest }: Session): void {
  const kept: z.infer<typeof session> = { ...rest, batches: [...batches] }
  store.keep('session', `${rest.accountId}/${rest.id}`, kept)
}

export function keepAudience({ store }: MetaState, { rows, replace, ...rest }: Audience): void {
  const running = replace && { session: replace.session.id, rows: replace.rows.id }
  const kept: z.infer<typeof audience> = { ...rest, rows: rows.id, replace: running }
  store.keep('audience', rest.id, kept)
}

/** Accounts and audiences as an earlier life kept them. */
export function keptState(store: Store): Pick<MetaState, 'accounts' | 'audiences'> {
  const accounts = new Map(store.documents('account').map((kept) => byId(openAccount(kept))))
  for (const kept of store.documents('session')) {
    const { batches, ...rest } = session.parse(kept)
    accounts.get(rest.accountId)?.sessions.set(rest.id, { ...rest, batches: new Set(batches) })
  }
  const audiences = new Map(store.documents('audience').map((kept) => byId(openAudience(store, accounts, kept))))
  return { accounts, audiences }
}

function openAccount(kept: unknown): Account {
  const { permissions, ...rest } = account.parse(kept)
  return { ...rest, permissions: new Set(permissions), sessions: new Map(), calls: new Map() }
}

function openAudience(store: Store, accounts: Map<string, Account>, kept: unknown): Audience {
  const { rows, replace, description, customerFileSource, optOutLink, dataSource, labels, website, ...rest } =
    audience.parse(kept)
  const running = replace && accounts.get(rest.accountId)?.sessions.get(replace.session)
  return {
    ...rest,
    ...{ description, customerFileSource, optOutLink, dataSource, labels, website },
    rows: heldRows(store, rows),
    replace: running && { session: running, rows: heldRows(store, replace.rows) },
  }
}

const byId = <T extends { id: string }>(thing: T): [string, T] => [thing.id, thing]
