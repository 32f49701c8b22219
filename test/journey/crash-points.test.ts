import { hash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type CrashPoint, crashPoints, freeze } from '../support/crash-points.ts'
import { type Deployment, heldMembers, seedAudience, startDeployment, syncNow, until } from '../support/deployment.ts'
import { failAttempts } from '../support/lost-attempts.ts'

const sha = (value: string) => hash('sha256', value, 'hex')
const people = { ann: 'ann@example.test', bob: 'bob@example.test', cay: 'cay@example.test', dan: 'dan@example.test' }

let deployment: Deployment
let at: Awaited<ReturnType<typeof seedAudience>>
let began = 0

beforeAll(async () => {
  deployment = await startDeployment()
  await deployment.people`create table people (id text primary key, email text, phone text)`
  at = await seedAudience(deployment)
}, 120_000)
afterAll(() => deployment?.stop())

/** What the request log must show at the moment of the kill, as operations of `/users` that the platform carried out. */
const doneBefore: Record<CrashPoint, string[]> = {
  'during the snapshot': [],
  'before the diff': [],
  'plan without delivery': [],
  'before the hash': [],
  'before the send': [],
  'marked but not sent': [],
  'answered but not stored': ['add_users'],
  'between phases': ['add_users'],
  'in the middle of settle': ['add_users', 'remove_users', 'remove_users', 'add_users'],
}

describe('a worker that is killed', { timeout: 90_000 }, () => {
  // ann, bob and cay are in the list; then dan joins, ann leaves and cay's address changes
  beforeEach(async () => {
    await deployment.people`delete from people`
    await deployment.people`insert into people values ('1', ${people.ann}), ('2', ${people.bob}), ('3', ${people.cay})`
    await syncNow(deployment, at.audienceId)
    await settled()
    expect(await emails()).toEqual([people.ann, people.bob, people.cay].map(sha).sort())
    await deployment.people`insert into people values ('4', ${people.dan})`
    await deployment.people`delete from people where id = '1'`
    await deployment.people`update people set email = 'cay.new@example.test' where id = '3'`
    began = (await userRequests()).at(-1)?.seq ?? 0
  })

  it.each(crashPoints)('%s: nothing is lost and nothing is doubled', async (point) => {
    const frozen = await freeze(deployment, { ...at, table: 'people' }, point)
    onTestFinished(() => frozen.release())
    const run = syncNow(deployment, at.audienceId)
    expect(await frozen.reached(20_000)).toBe(true)
    const before = await userRequests()
    expect(before.filter(({ worked }) => worked).map(({ operation }) => operation)).toEqual(doneBefore[point])
    await deployment.killWorker()
    await frozen.release()
    await failAttempts(deployment)
    await deployment.startWorker()
    await run
    await settled()

    expect(await emails()).toEqual([people.bob, people.dan, 'cay.new@example.test'].map(sha).sort())
    const states =
      await deployment.sql`select state, count(*)::int as n from ledger_member where sync_no = ${at.syncNo} group by 1`
    expect(states).toEqual([{ state: 'confirmed', n: 3 }])
    // a session is one batch: who was sent twice was sent under the same id, the same operation and the same rows
    const sessions = new Map<string | null, LoggedRequest[]>()
    for (const request of await userRequests())
      sessions.set(request.session_id, [...(sessions.get(request.session_id) ?? []), request])
    for (const requests of sessions.values())
      expect(new Set(requests.map(({ operation, received }) => `${operation} ${received}`)).size).toBe(1)
    const again = [...sessions.values()].filter(({ length }) => length > 1)
    expect(again).toHaveLength(point === 'answered but not stored' ? 1 : 0)
    // one join, one leave, and an update in two
    expect(sessions.size).toBe(4)
  })
})

// Temporal gives tasks to a worker that hangs for as long as its last polls live, about a minute, and waits for each of them
describe('a worker that hangs', { timeout: 240_000 }, () => {
  it('does not send what was overtaken when it wakes up', async () => {
    await deployment.people`delete from people`
    await deployment.people`insert into people values ('1', ${people.ann})`
    await syncNow(deployment, at.audienceId)
    await settled()
    await deployment.people`insert into people values ('4', ${people.dan})`
    const frozen = await freeze(deployment, { ...at, table: 'people' }, 'marked but not sent')
    onTestFinished(() => frozen.release())
    const run = syncNow(deployment, at.audienceId)
    expect(await frozen.reached(20_000)).toBe(true)
    const sessionsOfHanging = await workerSessions()
    const hanging = await deployment.replaceHanging()
    await frozen.release()
    await failAttempts(deployment)
    await run
    expect(await emails()).toContain(sha(people.dan))
    await deployment.people`delete from people where id = '4'`
    await syncNow(deployment, at.audienceId)
    expect(await emails()).toEqual([sha(people.ann)])
    const before = (await userRequests()).length

    const [clock] = await deployment.sql<{ now: Date }[]>`select clock_timestamp() as now`
    hanging.wake()
    // whatever it made of its batch, it gives the lease back after that
    await until(async () => {
      const rows = await deployment.sql`select from pg_stat_activity where pid = any(${sessionsOfHanging}::int[])
        and query like '%lease_until = null%' and query_start > ${clock?.now ?? new Date()}`
      return rows.length > 0
    })
    expect((await userRequests()).length).toBe(before)
    expect(await emails()).toEqual([sha(people.ann)])
    await hanging.end()
  })
})

const emails = async () => (await heldMembers(deployment, at.listId)).map(({ EMAIL }) => EMAIL).sort()

async function workerSessions(): Promise<number[]> {
  const rows = await deployment.sql<{ pid: number }[]>`
    select pid from pg_stat_activity where application_name = 'audience-sync worker' and datname = current_database()`
  return rows.map(({ pid }) => pid)
}

const settled = () =>
  until(async () => {
    const [open] = await deployment.sql<{ n: number }[]>`
      select (select count(*) from batch where final_at is null) + (select count(*) from run where settled_at is null) as n`
    return open?.n === 0
  })

type LoggedRequest = {
  seq: number
  path: string
  operation: string | null
  worked: boolean
  session_id: string | null
  received: number | null
}

/** Changes of members that came in since the changes of this test were made. */
async function userRequests(): Promise<LoggedRequest[]> {
  const answer = await fetch(`${deployment.sandbox.url}/_sandbox/requests?platform=meta&limit=10000&after=${began}`)
  const log: { requests: LoggedRequest[] } = JSON.parse(await answer.text())
  return log.requests.filter(({ path }) => path.endsWith('/users'))
}
