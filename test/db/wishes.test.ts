import { afterAll, beforeAll, expect, it } from 'vitest'
import { connect, type Database } from '../../db/connect.ts'
import { createDelivery, markInStep, readSync } from '../../db/queries/deliver.ts'
import { finishDelivery, holdDelivery } from '../../db/queries/finish.ts'
import { beginUploading } from '../../db/queries/hash.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let db: Database
let syncId = ''

beforeAll(async () => {
  database = await createDatabase()
  db = connect(database.url, { max: 4 })
  const [row] = await db.sql<{ id: string }[]>`
    with a as (insert into audience (name, kind, member_id) values ('a', 'static', 'id') returning id),
      d as (insert into destination (name, platform, settings, credentials, account)
        values ('d', 'meta', '{}', '', 'act_1') returning id)
    insert into sync (audience_id, destination_id, mode, account) select a.id, d.id, 'list', 'act_1' from a, d returning id`
  syncId = row?.id ?? ''
})
afterAll(async () => {
  await db.end()
  await database.drop()
})

const wish = (name: 'resync' | 'retry_rejected' | 'baseline') =>
  db.sql`update sync set ${db.sql(name)} = true where id = ${syncId}`
const facts = async () => {
  const sync = await readSync(db.sql, syncId)
  if (!sync) throw new Error('The sync is gone.')
  return sync
}
const wishes = async () => (await facts()).wishes

let plans = 0
/** A delivery that does what is wished of the sync now, as a diff plans it. */
async function aDelivery(): Promise<string> {
  const sync = await facts()
  const [run] = await db.sql<{ id: string }[]>`
    insert into run (audience_id, status, causes) values (${sync.audienceId}, 'running', '{instant}') returning id`
  const id = await createDelivery(db.sql, {
    runId: run?.id ?? '',
    syncId,
    goal: 'match',
    syncVersion: sync.version,
    planNo: ++plans,
    plannedRows: 0,
    heldBefore: 0,
    counts: {},
    seen: sync,
  })
  return id ?? ''
}

it.each(['superseded', 'cancelled', 'failed'] as const)(
  'is wished again when the delivery that was to do it ends %s, and over when the next has done it',
  async (status) => {
    await wish('resync')
    const first = await aDelivery()
    expect(await wishes()).toEqual([])
    await finishDelivery(db.sql, first, { status, retry: false })
    expect(await wishes()).toContain('resync')
    await finishDelivery(db.sql, await aDelivery(), { status: 'uploaded', retry: false })
    expect(await wishes()).toEqual([])
  },
)

it('is not struck off by a delivery or a diff that began before it', async () => {
  const before = await facts()
  await wish('resync')
  await markInStep(db.sql, syncId, before)
  expect(await wishes()).toEqual(['resync'])
  const delivery = await aDelivery()
  await wish('retry_rejected')
  await finishDelivery(db.sql, delivery, { status: 'uploaded', retry: false })
  expect(await wishes()).toEqual(['retry_rejected'])
  await markInStep(db.sql, syncId, await facts())
  expect(await wishes()).toEqual([])
})

it('is done when only leaves wait for a person', async () => {
  await wish('resync')
  const delivery = await aDelivery()
  await db.sql`update delivery set status = 'uploading' where id = ${delivery}`
  await holdDelivery(db.sql, delivery)
  await finishDelivery(db.sql, delivery, { status: 'discarded', retry: false })
  expect(await wishes()).toEqual([])
})

it('takes nobody for announced who joins after a first run that found the audience empty', async () => {
  await wish('baseline')
  await markInStep(db.sql, syncId, await facts())
  expect(await wishes()).toEqual([])
})

it('takes nobody for announced who joins after the first run has gone through everybody', async () => {
  await wish('baseline')
  const halfway = await aDelivery()
  await finishDelivery(db.sql, halfway, { status: 'superseded', retry: false })
  expect(await wishes()).toEqual(['baseline'])
  const through = await aDelivery()
  await beginUploading(db.sql, through)
  await finishDelivery(db.sql, through, { status: 'superseded', retry: false })
  expect(await wishes()).toEqual([])
})

it('keeps its first run for later while it is being emptied', async () => {
  await wish('baseline')
  await db.sql`update sync set intent = 'empty' where id = ${syncId}`
  await markInStep(db.sql, syncId, await facts())
  await db.sql`update sync set intent = 'match' where id = ${syncId}`
  expect(await wishes()).toEqual(['baseline'])
  await markInStep(db.sql, syncId, await facts())
})
