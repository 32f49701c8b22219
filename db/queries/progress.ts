import { sql } from 'drizzle-orm'
import type { OrmRunner } from './orm-runner.ts'

/** Members of a delivery's batches, by how far they have come. */
export type Progress = { numbered: number; sent: number; accepted: number; confirmed: number; rejected: number }

/** How far each of these deliveries has come by now; an update that is a removal and an addition counts once. */
export async function progressOf(orm: OrmRunner, deliveryIds: readonly string[]): Promise<Map<string, Progress>> {
  if (deliveryIds.length === 0) return new Map()
  const rows = await orm.execute<Progress & { id: string }>(sql`
    select delivery_id as id,
      coalesce(sum(rows), 0)::float8 as numbered,
      coalesce(sum(rows) filter (where state <> 'prepared'), 0)::float8 as sent,
      coalesce(sum(rows - coalesce(refused, 0)) filter (where state in ('accepted', 'confirmed')), 0)::float8 as accepted,
      coalesce(sum(rows - coalesce(refused, 0)) filter (where state = 'confirmed'), 0)::float8 as confirmed,
      coalesce(sum(case when state = 'rejected' then rows else coalesce(refused, 0) end), 0)::float8 as rejected
    from batch
    where delivery_id = any(${sql.param([...deliveryIds])}::uuid[]) and phase <> 'update_remove'
      and state not in ('split', 'dropped')
    group by delivery_id`)
  return new Map(rows.map(({ id, ...progress }) => [id, progress]))
}
