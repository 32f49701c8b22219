import { beforeEach, expect, it } from 'vitest'
import { completeEmptying, finishDelivery } from '../../db/queries/finish.ts'
import { splitBatch, takeLease } from '../../db/queries/upload.ts'
import { useSyncRows } from '../support/sync-rows.ts'

const rows = useSyncRows()

beforeEach(async () => {
  await rows.sql`delete from run`
  await rows.sql`delete from ledger`
})

const member = (batchId: number | null = null) =>
  rows.sql`insert into ledger (sync_no, member_key, fingerprint, state, batch_id)
    values (${rows.sync.no}, gen_random_uuid(), 1, 'added', ${batchId})`
const statusOf = async (id: string) => (await rows.sql`select status from delivery where id = ${id}`)[0]?.status

it('numbers the halves of batches that are split at the same time each for itself', async () => {
  const { sql, sync } = rows
  const deliveryId = await rows.delivery(await rows.run(), { status: 'uploading', uploaded_at: null })
  const taken = await takeLease(sql, deliveryId, 60_000)
  if (!('lease' in taken)) throw new Error('The lease of a new delivery was not to be had.')
  const sending = { rows: 2, state: 'sending', final_at: null }
  const ids = await Promise.all([1, 2, 3, 4, 5, 6].map((number) => rows.batch(deliveryId, { ...sending, number })))
  for (const id of ids) for (const _ of [1, 2]) await member(id)

  const split = await Promise.all(ids.map((id) => splitBatch(sql, taken.lease, { id, syncNo: sync.no })))
  expect(split).toEqual(ids.map(() => true))
  const halves = await sql<{ number: number; members: number }[]>`
    select b.number, (select count(*)::int from ledger l where l.batch_id = b.id) as members from batch b
    where b.delivery_id = ${deliveryId} and b.parent_id is not null order by b.number`
  expect(halves).toEqual(Array.from({ length: 12 }, (_, at) => ({ number: 7 + at, members: 1 })))
})

it('leaves a delivery alone that goes out meanwhile where only a held one is to end', async () => {
  const { sql } = rows
  const ending = { status: 'discarded', retry: false, onlyHeld: true } as const
  const approved = await rows.delivery(await rows.run(), { status: 'uploading', uploaded_at: null })
  const batchId = await rows.batch(approved, { state: 'prepared', final_at: null })
  expect(await finishDelivery(sql, approved, ending)).toBeUndefined()
  expect(await statusOf(approved)).toBe('uploading')
  expect(await sql`select state from batch where id = ${batchId}`).toMatchObject([{ state: 'prepared' }])
  await sql`update delivery set status = 'held' where id = ${approved}`
  expect(await finishDelivery(sql, approved, ending)).toMatchObject({ audienceId: rows.audienceId })
  expect(await statusOf(approved)).toBe('discarded')
})

it('does what follows an emptying once, and leaves whom the next list holds alone', async () => {
  const { sql, sync, audienceId } = rows
  const next = { id: '2', name: 'Next', created: false }
  await sql`update sync set intent = 'empty', after_empty = 'move', next_list = ${sql.json(next)} where id = ${sync.id}`
  const emptied = { syncId: sync.id, no: sync.no, audienceId, afterEmpty: 'move' } as const
  await completeEmptying(sql, emptied)
  expect(await sql`select intent, list_id from sync where id = ${sync.id}`).toEqual([{ intent: 'match', list_id: '2' }])
  await member()
  // another process that had seen the list empty too
  await completeEmptying(sql, emptied)
  expect(await sql`select from ledger where sync_no = ${sync.no}`).toHaveLength(1)
})
