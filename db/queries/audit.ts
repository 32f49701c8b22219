import { auditLog } from '../schema/audit-log.ts'
import type { OrmRunner } from './orm-runner.ts'

/** Notes who changed what. `detail` holds names of settings, never values. */
export async function writeAudit(
  orm: OrmRunner,
  entry: { actor: string; action: string; subject: string; detail: Record<string, unknown> },
): Promise<void> {
  await orm.insert(auditLog).values(entry)
}
