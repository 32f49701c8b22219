import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../../db/connect.ts'
import {
  closeForgotten,
  dropDeletedLedgers,
  dropOld,
  livingAudiences,
  sweepStages,
  turnHistory,
  wishForgottenEmptyings,
} from '../../db/queries/housekeeping.ts'
import { ensureLedger } from '../../db/queries/ledger-table.ts'
import { chooseStage, requeueInterrupted } from '../../db/queries/refresh.ts'
import { claimStage, createStage, nextStageNo, releaseStage } from '../../db/queries/stage.ts'
import { useSyncRows } from '../support/sync-rows.ts'

const rows = useSyncRows()
let { sql, sync, audienceId, run, delivery, batch } = rows

beforeEach(async () => {
  ;({ sql, sync, audienceId, run, delivery, batch } = rows)
  await sql`delete from run`
  await sql`delete from ledger`
  await sql`update sync set deleted_at = null`
})

const tables = async (like: string) =>
  (await sql`select relname from pg_class where relkind in ('r', 'p') and relname like ${like} order by 1`).map(
    (row) => row.relname,
  )
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)

describe('tables of snapshots and plans', () => {
  it('stay while somebody writes them or something refers to them, and go afterwards', async () => {
    const session = await sql.reserve()
    const written = await nextStageNo(session)
    await claimStage(session, written)
    await createStage(session, written, 1, 1)
    const chosen = await nextStageNo(sql)
    await createStage(sql, chosen, 2, 4)
    const running = await run({ status: 'running' })
    await chooseStage(sql, running, { no: chosen, rows: 0, parts: 4, shape: { fields: [], sets: [] } })
    const planNo = await nextStageNo(sql)
    await sql.unsafe(`create unlogged table plan_${planNo} (n int)`)
    const planned = await delivery(running, { status: 'planned', plan_no: planNo, uploaded_at: null })

    expect(await sweepStages(sql)).toBe(0)
    expect(await tables('stage\\_%')).toContain(`stage_${written}`)

    await releaseStage(session, written)
    session.release()
    await sql`update delivery set status = 'cancelled' where id = ${planned}`
    expect(await sweepStages(sql)).toBe(2)
    expect(await tables('plan\\_%')).toEqual([])
    expect(await tables('stage\\_%')).toHaveLength(5)

    await sql`update run set status = 'done'`
    expect(await sweepStages(sql)).toBe(1)
    expect(await tables('stage\\_%')).toEqual([])
  })

  it('of a session that died are swept', async () => {
    const dying = connect(rows.databaseUrl, { max: 4 })
    const session = await dying.sql.reserve()
    const no = await nextStageNo(session)
    await claimStage(session, no)
    await createStage(session, no, 1, 1)
    expect(await sweepStages(sql)).toBe(0)
    session.release()
    await dying.end()
    expect(await sweepStages(sql)).toBe(1)
  })
})

describe('the history of members', () => {
  const at = async (when: Date) => {
    await sql`insert into member_history (sync_no, member_key, at, event, state, since)
      values (${sync.no}, gen_random_uuid(), ${when}, 'left', 'confirmed', now())`
  }
  const month = (offset: number, day = 1, base = new Date()) =>
    new Date(Date.UTC(base.getUTCFullYear(), base.getUTCMonth() + offset, day, 12))
  const name = (of: Date) => `member_history_${of.toISOString().slice(0, 7).replace('-', '_')}`

  it('has its partitions before the month turns, whatever month it began in', async () => {
    await at(month(0, 20)) // before anything has looked after partitions
    await turnHistory(sql, new Date())
    await turnHistory(sql, new Date())
    await at(month(1))
    expect(await tables('member\\_history\\_2%')).toEqual([name(month(1)), name(month(2))])
    for (const later of [1, 2, 3]) {
      await turnHistory(sql, month(later))
      await at(month(later, 2))
    }
    const [other] = await sql`select count(*)::int as n from member_history_other`
    expect(other?.n).toBe(1)
    const [all] = await sql`select count(*)::int as n from member_history`
    expect(all?.n).toBe(5)
  })

  it('goes on where rows of a coming month are in the default partition already', async () => {
    const later = month(30)
    await at(month(31))
    await turnHistory(sql, later)
    expect(await tables(name(month(32)))).toHaveLength(1)
    const [row] = await sql`select tableoid::regclass::text as part from member_history where at = ${month(31)}`
    expect(row?.part).toBe(name(month(31)))
  })

  it('is dropped past 90 days, month by month, and not before', async () => {
    for (const back of [5, 3, 2]) {
      const from = new Date(Date.UTC(month(-back).getUTCFullYear(), month(-back).getUTCMonth(), 1))
      const to = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1))
      await sql.unsafe(
        `create table ${name(from)} partition of member_history for values from ('${from.toISOString()}') to ('${to.toISOString()}')`,
      )
    }
    await turnHistory(sql, new Date())
    expect(await tables(name(month(-5)))).toEqual([])
    expect(await tables(name(month(-2)))).toHaveLength(1)
  })

  it('in the default partition is dropped row by row', async () => {
    await sql`delete from member_history`
    await at(daysAgo(200))
    await at(daysAgo(0))
    await turnHistory(sql, new Date())
    const rows = await sql`select at from member_history`
    expect(rows).toHaveLength(1)
  })
})

describe('old rows', () => {
  it('go with their deliveries, batches and changes, except those that the ledger still refers to', async () => {
    const gone = await run({ requested_at: daysAgo(91) })
    const goneDelivery = await delivery(gone)
    const goneBatch = await batch(goneDelivery)
    await sql`insert into change (delivery_id, member_key, kind, batch_id) values (${goneDelivery}, gen_random_uuid(), 'leave', ${goneBatch})`
    const kept = await run({ requested_at: daysAgo(91) })
    const keptBatch = await batch(await delivery(kept))
    await sql`insert into ledger (sync_no, member_key, state, batch_id) values (${sync.no}, gen_random_uuid(), 'added', ${keptBatch})`
    const young = await run({ requested_at: daysAgo(89) })
    const open = await run({ requested_at: daysAgo(91), status: 'running' })
    const [key] = await sql`insert into api_key (name, role, hash, hint) values ('k', 'admin', 'h', 'h') returning id`
    await sql`insert into idempotency (api_key_id, key, request, created_at) values
      (${key?.id}, 'old', 'x', ${daysAgo(2)}), (${key?.id}, 'new', 'x', now())`
    await sql`insert into audit_log (at, actor, action, subject) values (${daysAgo(401)}, 'a', 'b', 'c'), (${daysAgo(399)}, 'a', 'b', 'd')`

    await dropOld(sql)
    expect((await sql`select id from run`).map(({ id }) => id).sort()).toEqual([kept, young, open].sort())
    expect((await sql`select id from batch`).map(({ id }) => id)).toEqual([keptBatch])
    expect(await sql`select key from idempotency`).toMatchObject([{ key: 'new' }])
    expect(await sql`select subject from audit_log`).toMatchObject([{ subject: 'd' }])
  })
})

describe('ledgers of deleted syncs', () => {
  it('go once no delivery of theirs is open, and only theirs', async () => {
    const opened = await delivery(await run(), { status: 'uploading', uploaded_at: null })
    expect(await dropDeletedLedgers(sql)).toBe(0)
    await sql`update sync set deleted_at = now()`
    expect(await dropDeletedLedgers(sql)).toBe(0)
    await sql`update delivery set status = 'cancelled' where id = ${opened}`
    expect(await dropDeletedLedgers(sql)).toBe(1)
    expect(await tables(`ledger\\_${sync.no}`)).toEqual([])
    expect(await dropDeletedLedgers(sql)).toBe(0)
    await ensureLedger(sql, sync.no, 1, 0)
  })
})

describe('what nobody closed', () => {
  it('is closed when every receipt is final, and not before', async () => {
    const over = await run()
    const settled = await delivery(over)
    await batch(settled)
    const waiting = await run()
    await delivery(waiting, { status: 'held' })
    await closeForgotten(sql)
    expect(
      await sql`select status, settled_at is not null as settled from delivery where id = ${settled}`,
    ).toMatchObject([{ status: 'settled', settled: true }])
    expect((await sql`select id from run where settled_at is not null`).map(({ id }) => id)).toEqual([over])
  })

  it('stays open with a receipt that is not final', async () => {
    const id = await delivery(await run())
    await batch(id, { state: 'accepted', final_at: null })
    await closeForgotten(sql)
    expect(await sql`select settled_at from delivery where id = ${id}`).toMatchObject([{ settled_at: null }])
  })
})

describe('runs whose workflow was ended by hand', () => {
  const status = (id: string) => sql`select status, problem ->> 'code' as code from run where id = ${id}`

  it('are wanted again, or done by the run that is wanted already', async () => {
    const alone = await run({ status: 'running', cycle: 'a:1', stage_no: 1, stage_rows: 1 })
    await requeueInterrupted(sql, audienceId)
    expect(await status(alone)).toMatchObject([{ status: 'requested', code: null }])
    const second = await run({ status: 'running', cycle: 'a:2' })
    await requeueInterrupted(sql, audienceId)
    expect(await status(second)).toMatchObject([{ status: 'failed', code: 'interrupted' }])
    expect(await status(alone)).toMatchObject([{ status: 'requested' }])
  })

  it('go on where a delivery of theirs is at work, and are done where all have ended', async () => {
    const working = await run({ status: 'running', cycle: 'b:1' })
    const open = await delivery(working, { status: 'hashing', uploaded_at: null })
    await requeueInterrupted(sql, audienceId)
    expect(await status(working)).toMatchObject([{ status: 'running' }])
    await sql`update delivery set status = 'uploaded' where id = ${open}`
    await requeueInterrupted(sql, audienceId)
    expect(await status(working)).toMatchObject([{ status: 'done' }])
  })

  it('are not taken for a wish that nobody noticed', async () => {
    await run({ status: 'requested', requested_at: daysAgo(1) })
    expect(await livingAudiences(sql)).toMatchObject([{ id: audienceId, wished: true }])
    await run({ status: 'running', cycle: 'c:1' })
    expect(await livingAudiences(sql)).toMatchObject([{ id: audienceId, wished: false }])
  })
})

describe('a retry that nobody noticed', () => {
  const wished = async () => (await livingAudiences(sql)).map((audience) => audience.wished)
  afterAll(() => sql`update sync set enabled = false, retry_at = null`)

  it('is a wish once it is over, of a sync that is on', async () => {
    await sql`update sync set enabled = true, retry_at = now() + interval '1 minute'`
    expect(await wished()).toEqual([false])
    await sql`update sync set retry_at = now() - interval '1 minute'`
    expect(await wished()).toEqual([true])
    await sql`update sync set enabled = false`
    expect(await wished()).toEqual([false])
  })
})

describe('a sync that is to be emptied and whose run nobody asked for', () => {
  const wished = async () => {
    await wishForgottenEmptyings(sql)
    return (await sql`select from run where status = 'requested'`).length
  }
  beforeEach(async () => {
    await sql`update sync set intent = 'empty', retry_at = null, updated_at = now() - interval '1 minute'`
    await sql`update destination set status = 'connected'`
    await sql`insert into ledger (sync_no, member_key, fingerprint, state)
      values (${sync.no}, gen_random_uuid(), 1, 'added')`
  })
  afterAll(() => sql`update sync set intent = 'match'`)

  it('gets its run, once', async () => {
    expect(await wished()).toBe(1)
    await sql`update run set status = 'done', started_at = now()`
    expect(await wished()).toBe(0)
  })

  it('is left alone while its destination is not connected, or while it waits for its retry', async () => {
    await sql`update destination set status = 'needs_attention'`
    expect(await wished()).toBe(0)
    await sql`update destination set status = 'connected'`
    await sql`update sync set retry_at = now() + interval '1 hour'`
    expect(await wished()).toBe(0)
  })

  it('is left alone when nobody is held', async () => {
    await sql`delete from ledger`
    expect(await wished()).toBe(0)
  })
})
