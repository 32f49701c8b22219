import { WorkflowNotFoundError } from '@temporalio/client'
import connect from 'postgres'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import {
  type Deployment,
  fault,
  heldMembers,
  seedAudience,
  startDeployment,
  syncNow,
  until,
} from '../support/deployment.ts'
import { shownDetails } from '../support/temporal-page.ts'

// Whatever ends, is ended, or is away for a while: everything goes on, and no run is without an end.

let deployment: Deployment
let at: Awaited<ReturnType<typeof seedAudience>>

beforeAll(async () => {
  deployment = await startDeployment()
  await deployment.people`create table people (id text primary key, email text, phone text)`
  await join(200)
  at = await seedAudience(deployment)
  // its history is continued as new after every second run, all through this file
  await deployment.temporal.workflow.start('audience', {
    workflowId: `audience-${at.audienceId}`,
    taskQueue: 'audience-sync',
    args: [{ audienceId: at.audienceId, maxCycles: 2 }],
  })
}, 120_000)
afterAll(() => deployment?.stop())

const workflow = (id: string) => deployment.temporal.workflow.getHandle(id)
const audience = () => workflow(`audience-${at.audienceId}`)
const sync = () => workflow(`sync-${at.syncId}`)
const runs = () => deployment.sql<{ status: string; causes: string[]; code: string | null; what: string | null }[]>`
  select status, causes, problem ->> 'code' as code, problem ->> 'what' as what from run order by requested_at, started_at`
const held = async () => (await heldMembers(deployment, at.listId)).length
let people = 0
async function join(count: number) {
  await deployment.people`insert into people select 'p' || n, 'person' || n || '@example.test', null
    from generate_series(${people + 1}::int, ${people + count}::int) n`
  people += count
}
/** The page of the audience; empty for a moment when its history is continued as new. */
const shows = (words: string) => until(async () => (await shownDetails(audience())).text.includes(words))
/** No run is open and no delivery at work. */
const quiet = () =>
  until(async () => {
    const [open] = await deployment.sql`select (select count(*) from run where finished_at is null)
      + (select count(*) from delivery where status in ('planned', 'hashing', 'uploading')) as n`
    return Number(open?.n) === 0
  })
/** Keeps the source from being read until the answer is called; resolves when somebody waits for it. */
async function holdSnapshots() {
  const session = await deployment.people.reserve()
  await session`begin`
  await session`lock table people in access exclusive mode`
  const waiting = () =>
    until(async () => {
      const [row] = await session`select count(*) as n from pg_locks l join pg_class c on c.oid = l.relation
        where c.relname = 'people' and not l.granted`
      return Number(row?.n) > 0
    })
  const release = async () => {
    await session`commit`
    session.release()
  }
  return { waiting, release }
}
/** Makes what is open look as if it had been left for a while, and has housekeeping look at once. */
async function housekeep() {
  await deployment.sql`update delivery set started_at = started_at - interval '1 minute', uploaded_at = uploaded_at - interval '1 minute'`
  await deployment.sql`update run set requested_at = requested_at - interval '1 minute' where status = 'requested'`
  await workflow('housekeeping').signal('wake')
}
const running = async (id: string) => {
  try {
    return (await workflow(id).describe()).status.name === 'RUNNING'
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false
    throw error
  }
}

describe('an audience', { timeout: 40_000 }, () => {
  it('loses nothing when its history is continued as new', async () => {
    const { runId } = await audience().describe()
    for (let cycle = 1; cycle <= 5; cycle++) {
      await join(1)
      await syncNow(deployment, at.audienceId)
      await quiet()
    }
    expect(await held()).toBe(205)
    await until(async () => (await audience().describe()).runId !== runId)
    const outcome = '205 members; 1 to deliver: 1 joined, 0 left, 0 changed'
    expect(await audience().query('status')).toMatchObject({ outcome, cycles: 1 })
    await shows(outcome)
    const { memo, typedSearchAttributes } = await audience().describe()
    expect(memo).toEqual({ audience: 'Buyers' })
    expect(typedSearchAttributes.getAll().map(({ value }) => value)).toContain(outcome)
    expect((await runs()).map(({ status }) => status)).toEqual(Array(5).fill('done'))
  })

  it('makes one more run of all instant syncs that come during one', async () => {
    const before = (await runs()).length
    const snapshots = await holdSnapshots()
    await audience().signal('instantSync')
    await snapshots.waiting()
    await Promise.all(Array.from({ length: 10 }, () => audience().signal('instantSync')))
    await snapshots.release()
    await until(async () => (await runs()).length === before + 2)
    await quiet()
    await audience().query('status')
    expect((await runs()).slice(before)).toMatchObject(Array(2).fill({ status: 'done', causes: ['instant'] }))
  })

  it('pauses after the run in hand, and runs what was asked for meanwhile when it is resumed', async () => {
    const before = (await runs()).length
    const snapshots = await holdSnapshots()
    await audience().signal('instantSync')
    await snapshots.waiting()
    await audience().signal('pause')
    await deployment.sql`insert into run (audience_id, status, causes) values (${at.audienceId}, 'requested', '{instant}')`
    await snapshots.release()
    await shows('is paused')
    expect((await runs()).slice(before).map(({ status }) => status)).toEqual(['done', 'requested'])
    await audience().signal('resume')
    await quiet()
    expect((await runs()).slice(before).map(({ status }) => status)).toEqual(['done', 'done'])
  })

  it('ends a run whose step failed for good with the reason, and lives on', async () => {
    const snapshots = await holdSnapshots()
    const before = (await runs()).length
    await audience().signal('instantSync')
    await snapshots.waiting()
    const { raw } = await audience().describe()
    await deployment.temporal.workflowService.respondActivityTaskFailedById({
      namespace: deployment.temporal.options.namespace,
      workflowId: audience().workflowId,
      activityId: raw.pendingActivities?.[0]?.activityId ?? '',
      failure: { message: 'an operator failed this', applicationFailureInfo: { type: 'ByHand', nonRetryable: true } },
    })
    await until(async () => (await runs())[before]?.status === 'failed')
    await snapshots.release()
    expect((await runs())[before]).toMatchObject({ code: 'run_failed', what: 'an operator failed this' })
    const [asked] = await deployment.sql`select retry_at > now() as retry from sync where id = ${at.syncId}`
    expect(asked?.retry).toBe(true)
    await shows('failed: an operator failed this')
    await shows('a sync is tried again ')
    expect(await syncNow(deployment, at.audienceId)).toMatchObject({ status: 'done' })
  })

  it('takes a shorter interval at once, and runs what fell due while no worker was there', async () => {
    const before = (await runs()).length
    const causedByInterval = async () =>
      (await runs()).slice(before).filter(({ causes }) => causes.includes('interval')).length
    await deployment.sql`update audience set refresh_interval_ms = 2000 where id = ${at.audienceId}`
    await audience().signal('wake')
    await until(async () => (await causedByInterval()) >= 2)
    await deployment.sql`update audience set refresh_interval_ms = 2592000000 where id = ${at.audienceId}`
    await audience().signal('wake')
    await shows('Next run')
    await quiet()
    await deployment.killWorker()
    // as if the hour had passed while the workflow was gone and nobody there
    await audience().terminate()
    await workflow('housekeeping').terminate('by hand')
    await deployment.sql`update audience set next_refresh_at = now() - interval '1 minute' where id = ${at.audienceId}`
    const slept = await causedByInterval()
    await deployment.startWorker()
    // a worker starts housekeeping where there is none, and that starts the audience
    await until(async () => (await causedByInterval()) === slept + 1)
    await quiet()
    const [next] =
      await deployment.sql`select next_refresh_at > now() as later from audience where id = ${at.audienceId}`
    expect(next?.later).toBe(true)
  })
})

describe('housekeeping', { timeout: 40_000 }, () => {
  it('starts an audience again that was terminated in the middle of a run, and the run is made', async () => {
    await join(1)
    const before = (await runs()).length
    const snapshots = await holdSnapshots()
    await audience().signal('instantSync')
    await snapshots.waiting()
    await audience().terminate('by hand')
    await snapshots.release()
    await housekeep()
    await until(async () => (await runs())[before]?.status === 'done')
    await quiet()
    expect(await runs()).toHaveLength(before + 1)
    expect(await held()).toBe(people)
    expect((await shownDetails(workflow('housekeeping'))).text).toContain(
      'Buyers: its workflow was gone and was started again',
    )
  })

  it('goes on with a delivery whose workflow was terminated in an upload', async () => {
    await join(1)
    await fault(deployment, { fault: 'slow', times: 1, ms: 1_500, match: { path: '/users' } })
    const synced = syncNow(deployment, at.audienceId)
    await until(async () => (await deployment.sql`select from batch where state = 'sending'`).length > 0)
    await sync().terminate('by hand')
    await housekeep()
    await synced
    expect(await held()).toBe(people)
  })

  it('ends a delivery that is cancelled from the Temporal UI, follows what it sent, and the next run goes on', async () => {
    await join(1)
    await fault(deployment, { fault: 'slow', times: 1, ms: 1_500, match: { path: '/users' } })
    const synced = syncNow(deployment, at.audienceId)
    await until(async () => (await deployment.sql`select from batch where state = 'sending'`).length > 0)
    await sync().cancel()
    await synced
    const [ended] = await deployment.sql`select status from delivery order by started_at desc limit 1`
    expect(ended?.status).toBe('cancelled')
    await until(async () => (await sync().describe()).status.name === 'CANCELLED')
    await syncNow(deployment, at.audienceId)
    expect(await held()).toBe(people)
  })

  it('brings a held delivery back whose workflow was terminated, and it can be approved', async () => {
    await deployment.people`delete from people`
    await syncNow(deployment, at.audienceId)
    await until(async () => (await deployment.sql`select from delivery where status = 'held'`).length === 1)
    await sync().terminate('by hand')
    await housekeep()
    await until(() => running(sync().workflowId))
    await until(async () => (await shownDetails(sync())).text.includes('leaves are held'))
    await sync().signal('approve', people)
    await until(async () => (await held()) === 0)
    await quiet()
  })

  it('follows receipts again whose workflow was terminated or cancelled', async () => {
    await until(async () => (await deployment.sql`select from batch where final_at is null`).length === 0)
    const pending = await fault(deployment, { fault: 'server_error', rate: 1, match: { path: '/sessions' } })
    await join(5)
    await syncNow(deployment, at.audienceId)
    const [delivery] = await deployment.sql`select id from delivery order by started_at desc limit 1`
    const settle = workflow(`settle-${delivery?.id}`)
    await until(() => running(settle.workflowId))
    await settle.terminate('by hand')
    await housekeep()
    await until(() => running(settle.workflowId))
    await settle.cancel()
    await until(async () => !(await running(settle.workflowId)))
    await housekeep()
    await until(() => running(settle.workflowId))
    await fetch(`${deployment.sandbox.url}/_sandbox/faults/${pending.id}`, { method: 'DELETE' })
    await until(async () => (await deployment.sql`select from batch where final_at is null`).length === 0)
    await until(async () => !(await running(settle.workflowId)))
    expect(await deployment.sql`select status from delivery where id = ${delivery?.id}`).toMatchObject([
      { status: 'settled' },
    ])
  })
})

/** Lets nobody in any more, cuts the sessions of the worker and says how many, or lets everybody in again. */
async function allowConnections(allow: boolean): Promise<number> {
  const database = new URL(deployment.env.DATABASE_URL).pathname.slice(1)
  const server = connect(inject('postgresUrl'), { max: 1, onnotice: () => {} })
  await server.unsafe(`alter database ${database} allow_connections ${allow}`)
  const cut = await server`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = ${database} and application_name = 'audience-sync worker' and not ${allow}`
  await server.end()
  return cut.length
}

describe('PostgreSQL', { timeout: 60_000 }, () => {
  it('is away for a while in the middle of a run, and everything goes on', async () => {
    await join(20)
    await fault(deployment, { fault: 'slow', times: 1, ms: 1_000, match: { path: '/users' } })
    const synced = syncNow(deployment, at.audienceId)
    await until(async () => (await deployment.sql`select from batch where state = 'sending'`).length > 0)
    const said = deployment.workerOutput().length
    const cut = await allowConnections(false)
    expect(cut).toBeGreaterThan(0)
    await until(async () => deployment.workerOutput().slice(said).includes('failed: '))
    await allowConnections(true)
    await synced
    expect(await held()).toBe((await deployment.people`select from people`).length)
    expect(await syncNow(deployment, at.audienceId)).toMatchObject({ status: 'done' })
  })
})
