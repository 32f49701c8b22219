import { expect, it } from 'vitest'
import { wishExpiring } from '../../db/queries/housekeeping.ts'
import { useSyncRows } from '../support/sync-rows.ts'

const rows = useSyncRows()
const asked = () =>
  rows.sql<
    { causes: string[] }[]
  >`select causes from run where audience_id = ${rows.audienceId} and status = 'requested'`

it('asks for a run once a third of the time has passed after which the platform forgets a member, and not twice', async () => {
  const { sql, sync } = rows
  await sql`update sync set enabled = true, list_forgets_after_ms = ${30 * 86_400_000} where id = ${sync.id}`
  const runId = await rows.run({ status: 'done' })
  await sql`update run set started_at = now() - interval '9 days', requested_at = now() - interval '9 days' where id = ${runId}`
  const batchId = await rows.batch(await rows.delivery(runId), { state: 'confirmed' })
  await sql`insert into ledger (sync_no, member_key, state, batch_id) values (${sync.no}, gen_random_uuid(), 'added', ${batchId})`
  await sql`update batch set answered_at = now() - interval '9 days' where id = ${batchId}`
  await wishExpiring(sql)
  expect(await asked()).toEqual([])

  await sql`update batch set answered_at = now() - interval '11 days' where id = ${batchId}`
  await wishExpiring(sql)
  await wishExpiring(sql)
  expect(await asked()).toEqual([{ causes: ['expiring'] }])
})
