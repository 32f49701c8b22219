import type { Runner } from '../connect.ts'
import { auditLog } from '../schema/audit-log.ts'
import type { OrmRunner } from './orm-runner.ts'

/** Notes who changed what. `detail` holds names of settings, never values. */
export async function writeAudit(
  orm: OrmRunner,
  entry: { actor: string; action: string; subject: string; detail: Record<string, unknown> },
): Promise<void> {
  await orm.insert(auditLog).values(entry)
}

/**
 * What housekeeping mended or noticed for an audience, told in its log: `mended` is a word of a fixed list, `told` a sentence
 * of our own, the rest are ids.
 */
export type Mend = {
  readonly audienceId: string
  readonly mended:
    | 'audience_restarted'
    | 'delivery_restarted'
    | 'approval_told'
    | 'cancel_told'
    | 'receipts_followed'
    | 'delivery_closed'
    | 'list_emptied'
    | 'list_recreated'
    | 'list_renamed'
    | 'list_problem'
    | 'list_well'
    | 'api_sunset'
  readonly syncId?: string
  readonly deliveryId?: string
  /** The workflow that was started for it. */
  readonly workflowId?: string
  readonly runId?: string
  readonly told?: string
}

export async function writeMend(run: Runner, { audienceId, ...detail }: Mend): Promise<void> {
  await run`
    insert into audit_log (actor, action, subject, detail)
    values ('housekeeping', 'mend', ${`/v1/audiences/${audienceId}`}, ${run.json(detail)})`
}
