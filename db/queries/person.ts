import { and, type SQL, sql } from 'drizzle-orm'
import type { OrmRunner } from './orm-runner.ts'

export type LedgerFact = {
  memberKey: string
  state: string
  since: string
  confirmedAt: string | null
  reason: string | null
  retryAt: string | null
  batchId: number | null
  eventAt: string | null
}
export type HistoryFact = {
  at: string
  event: string
  state: string
  since: string
  reason: string | null
  batchId: number | null
  eventAt: string | null
}
export type LookedAt = {
  no: number
  id: string
  mode: 'list' | 'event'
  listId: string | null
  listName: string | null
  enabled: boolean
  audience: { id: string; name: string; defaultCountry: string | null }
  destination: { id: string; name: string; platform: string; settings: Record<string, unknown> }
}

/** Live syncs, to look for a person in. */
export async function syncsToLookAt(orm: OrmRunner): Promise<LookedAt[]> {
  const named = await orm.execute<LookedAt>(sql`
    select s.no, s.id, s.mode, s.list_id as "listId", s.list_name as "listName", s.enabled,
      jsonb_build_object('id', a.id, 'name', a.name, 'defaultCountry', a.default_country) as audience,
      jsonb_build_object('id', d.id, 'name', d.name, 'platform', d.platform, 'settings', d.settings) as destination
    from sync s join audience a on a.id = s.audience_id join destination d on d.id = s.destination_id
    where s.deleted_at is null order by s.no`)
  return [...named]
}

const facts = sql`member_key as "memberKey", state, since::text, confirmed_at::text as "confirmedAt", reason, retry_at::text as "retryAt",
  batch_id as "batchId", event_at::text as "eventAt"`

/** What a sync's ledger says of this member. */
export const findMember = (orm: OrmRunner, syncNo: number, memberKey: string): Promise<LedgerFact[]> =>
  ledgerFacts(orm, sql`sync_no = ${syncNo} and member_key = ${memberKey}::text::uuid`)

/**
 * Members of a sync who carry one of these strong identifiers; several where they share one. It reads the sync's whole
 * ledger, once (docs/decisions/looking-a-person-up.md), for at most `limitMs`; undefined when that was not enough.
 */
export function findByTokens(
  orm: Extract<OrmRunner, { transaction: unknown }>,
  syncNo: number,
  tokens: readonly bigint[],
  limitMs: number,
): Promise<LedgerFact[] | undefined> {
  const wanted = `{${tokens.join(',')}}`
  return orm
    .transaction(async (tx) => {
      await tx.execute(sql`select set_config('statement_timeout', ${String(limitMs)}::text, true)`)
      return ledgerFacts(tx, sql`sync_no = ${syncNo} and strong && ${wanted}::text::bigint[]`)
    })
    .catch((error: unknown) => {
      if (isTimeout(error)) return undefined
      throw error
    })
}

/** PostgreSQL's code of a statement that took too long; drizzle wraps the error that carries it. */
const isTimeout = (error: unknown) =>
  error instanceof Error && error.cause instanceof Error && 'code' in error.cause && error.cause.code === '57014'

async function ledgerFacts(orm: OrmRunner, where: SQL): Promise<LedgerFact[]> {
  return [
    ...(await orm.execute<LedgerFact>(sql`select ${facts} from ledger_member where ${where} order by since limit 100`)),
  ]
}

/** What the ledger knew of a member before, oldest first. */
export async function historyOf(orm: OrmRunner, syncNo: number, memberKey: string): Promise<HistoryFact[]> {
  const rows = await orm.execute<HistoryFact>(sql`
    select at::text, event, state, since::text, reason, batch_id as "batchId",
      event_at::text as "eventAt" from member_history
    where ${and(sql`member_key = ${memberKey}::text::uuid`, sql`sync_no = ${syncNo}`)} order by at limit 500`)
  return [...rows]
}
