import { hash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Deployment,
  fault,
  heldMembers,
  seedAudience,
  startDeployment,
  syncNow,
  until,
} from '../support/deployment.ts'

const sha = (value: string) => hash('sha256', value, 'hex')
const emails = (members: Record<string, string>[]) => members.map((member) => member.EMAIL).sort()

let deployment: Deployment

beforeAll(async () => {
  deployment = await startDeployment()
}, 120_000)
afterAll(() => deployment?.stop())

describe('an audience kept in step with a Meta list', { timeout: 90_000 }, () => {
  let at: Awaited<ReturnType<typeof seedAudience>>

  beforeAll(async () => {
    await deployment.people`create table people (id text primary key, email text, phone text)`
    await deployment.people`insert into people values ('1', 'anna@example.test', '+1 555 0100001'), ('2', 'Ben@Example.test', null),
      ('3', 'no-at-sign', null), ('4', null, '+1 555 0100004')`
    at = await seedAudience(deployment)
  })

  it('brings the usable members to the list, and says why others are not there', async () => {
    const run = await syncNow(deployment, at.audienceId)
    expect(run).toMatchObject({ status: 'done', problem: null, size: 4 })
    const held = await heldMembers(deployment, at.listId)
    expect(held).toHaveLength(3)
    expect(held).toContainEqual({ EMAIL: sha('anna@example.test'), PHONE: sha('15550100001') })
    const [unusable] =
      await deployment.sql`select reason from ledger_member where sync_no = ${at.syncNo} and state = 'unusable'`
    expect(unusable?.reason).toBe('email: no @; phone: empty')
  })

  it('sends nothing when nothing changed', async () => {
    const before = await requests()
    await syncNow(deployment, at.audienceId)
    expect(await requests()).toBe(before)
  })

  it('follows joins, leaves and changed identifiers', async () => {
    await deployment.people`insert into people values ('5', 'eve@example.test', null)`
    await deployment.people`delete from people where id = '2'`
    await deployment.people`update people set email = 'anna.new@example.test' where id = '1'`
    await deployment.people`update people set email = 'dan@example.test', phone = null where id = '4'`
    await syncNow(deployment, at.audienceId)
    expect(emails(await heldMembers(deployment, at.listId))).toEqual(
      [sha('eve@example.test'), sha('anna.new@example.test'), sha('dan@example.test')].sort(),
    )
  })

  it('keeps a person who is still in the audience under another member id', async () => {
    await deployment.people`insert into people values ('6', 'eve@example.test', '+1 555 0100006')`
    await syncNow(deployment, at.audienceId)
    await deployment.people`delete from people where id = '5'`
    await syncNow(deployment, at.audienceId)
    expect(emails(await heldMembers(deployment, at.listId))).toContain(sha('eve@example.test'))
    await deployment.people`delete from people where id = '6'`
    await syncNow(deployment, at.audienceId)
    expect(emails(await heldMembers(deployment, at.listId))).not.toContain(sha('eve@example.test'))
  })

  it('sends who is back after leaving, as somebody who had their address may have taken it out of the list', async () => {
    const pair = [
      ['7', 'fay@example.test', '+1 555 0100007'],
      ['8', 'fay@example.test', null],
    ] as const
    for (const [id, email, phone] of pair)
      await deployment.people`insert into people values (${id}, ${email}, ${phone})`
    await syncNow(deployment, at.audienceId)
    await deployment.people`insert into people values ('9', 'gus@example.test', '+1 555 0100007')`
    await deployment.people`delete from people where id in ('7', '8')`
    await syncNow(deployment, at.audienceId)
    await deployment.people`insert into people values ('7', 'fay@example.test', '+1 555 0100007')`
    await deployment.people`delete from people where id = '9'`
    await syncNow(deployment, at.audienceId)
    expect(emails(await heldMembers(deployment, at.listId))).toContain(sha('fay@example.test'))
    await deployment.people`delete from people where id = '7'`
    await syncNow(deployment, at.audienceId)
    expect(emails(await heldMembers(deployment, at.listId))).not.toContain(sha('fay@example.test'))
  })

  it('removes who became unusable', async () => {
    await deployment.people`update people set email = 'broken' where id = '4'`
    await syncNow(deployment, at.audienceId)
    expect(await heldMembers(deployment, at.listId)).toHaveLength(1)
    await deployment.people`update people set email = 'dan@example.test' where id = '4'`
    await syncNow(deployment, at.audienceId)
    expect(await heldMembers(deployment, at.listId)).toHaveLength(2)
  })

  it('confirms what was sent by reading the sessions back', async () => {
    await until(async () => {
      const [open] = await deployment.sql`select count(*) as n from batch where final_at is null`
      return Number(open?.n) === 0
    })
    const states = await deployment.sql`select distinct state from batch`
    expect(states.map(({ state }) => state)).toEqual(['confirmed'])
  })

  it('gets through throttling, faults of the platform and answers that were lost', async () => {
    await fault(deployment, { fault: 'drop_after', times: 1, match: { path: '/users' } })
    await fault(deployment, { fault: 'server_error', times: 1, match: { path: '/users' } })
    await deployment.people`insert into people values ('7', 'gus@example.test', null)`
    await syncNow(deployment, at.audienceId)
    expect(emails(await heldMembers(deployment, at.listId))).toContain(sha('gus@example.test'))
  })

  it('goes on where a killed worker stopped', async () => {
    await fault(deployment, { fault: 'drop_after_slow', times: 1, match: { path: '/users' } })
    await deployment.people`insert into people values ('8', 'hal@example.test', null)`
    const before = await requests()
    const synced = syncNow(deployment, at.audienceId)
    await until(async () => (await requests()) > before || undefined)
    await deployment.killWorker()
    await deployment.startWorker()
    await synced
    expect(emails(await heldMembers(deployment, at.listId))).toContain(sha('hal@example.test'))
  })

  it('waits for a person before it empties a list, and goes on when that person approves', async () => {
    const before = await heldMembers(deployment, at.listId)
    await deployment.people`create table away as select * from people`
    await deployment.people`delete from people`
    await syncNow(deployment, at.audienceId)
    expect(await heldMembers(deployment, at.listId)).toHaveLength(before.length)
    const [held] = await deployment.sql`select id, counts from delivery where status = 'held'`
    const handle = deployment.temporal.workflow.getHandle(`sync-${at.syncId}`)
    await handle.signal('approve', 'nonsense')
    await handle.signal('approve', 1)
    await handle.signal('approve', held?.counts.held)
    await until(async () => (await heldMembers(deployment, at.listId)).length === 0)
  })

  it('refuses a snapshot in which two rows have one member id', async () => {
    await deployment.people`alter table people drop constraint people_pkey`
    await deployment.people`insert into people select * from away union all select * from away`
    expect(await syncNow(deployment, at.audienceId)).toMatchObject({
      status: 'failed',
      problem: { code: 'member_id_not_unique' },
    })
    expect(await heldMembers(deployment, at.listId)).toHaveLength(0)
  })

  it('brings more members than one request takes', async () => {
    await deployment.people`delete from people`
    await deployment.people`insert into people select 'n' || n, 'person' || n || '@example.test', null from generate_series(1, 23000) n`
    await syncNow(deployment, at.audienceId)
    const [counted] = await deployment.sql`select count(*) as n, count(distinct batch_id) as batches from ledger_member
      where sync_no = ${at.syncNo} and state in ('accepted', 'confirmed')`
    expect(counted).toMatchObject({ n: 23_000, batches: 3 })
    expect(await heldMembers(deployment, at.listId)).toHaveLength(23_000)
  })

  const requests = async () => {
    const answer = await fetch(`${deployment.sandbox.url}/_sandbox/requests?platform=meta&limit=10000`)
    const log: { requests: { path: string }[] } = JSON.parse(await answer.text())
    return log.requests.filter(({ path }) => path.endsWith('/users')).length
  }
})
