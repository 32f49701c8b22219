import { mkdirSync, rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type Deployment, fault, seedAudience, startDeployment, syncNow, until } from '../support/deployment.ts'
import { historiesFolder, record } from '../support/recorded-history.ts'

// Records what replay.test.ts replays: `npm run histories`.

let deployment: Deployment
let at: Awaited<ReturnType<typeof seedAudience>>

describe('recorded histories', { timeout: 90_000 }, () => {
  beforeAll(async () => {
    rmSync(historiesFolder, { recursive: true, force: true })
    mkdirSync(historiesFolder)
    deployment = await startDeployment()
    await deployment.people`create table people (id text primary key, email text, phone text)`
    await people(1, 200)
    at = await seedAudience(deployment)
  }, 120_000)
  afterAll(() => deployment?.stop())

  const people = (from: number, to: number) => deployment.people`
    insert into people select 'p' || n, 'person' || n || '@example.test', null from generate_series(${from}::int, ${to}::int) n`
  const audienceId = () => `audience-${at.audienceId}`
  const syncId = () => `sync-${at.syncId}`
  const workflow = (id: string) => deployment.temporal.workflow.getHandle(id)
  const keep = (name: string, workflowId: string, runId?: string) =>
    record(deployment.temporal, name, workflowId, runId)
  const lastDelivery = async () =>
    String((await deployment.sql`select id from delivery order by started_at desc limit 1`)[0]?.id)
  const over = async (id: string) => {
    await until(async () => (await workflow(id).describe()).status.name !== 'RUNNING')
  }
  const quiet = () => until(async () => (await deployment.sql`select from batch where final_at is null`).length === 0)
  const audience = async (maxCycles: number) => {
    const args = [{ audienceId: at.audienceId, maxCycles }]
    await deployment.temporal.workflow.start('audience', {
      workflowId: audienceId(),
      taskQueue: 'audience-sync',
      args,
      workflowIdConflictPolicy: 'TERMINATE_EXISTING',
    })
  }
  const send = async () => {
    const synced = await syncNow(deployment, at.audienceId)
    await over(syncId())
    await quiet()
    return synced
  }

  it('an ordinary run, from the snapshot to the last receipt', async () => {
    await audience(100)
    await send()
    await send()
    await keep('audience-ordinary', audienceId())
    await keep('sync-ordinary', syncId())
    const settle = `settle-${await lastDelivery()}`
    await over(settle)
    await keep('settle-ordinary', settle)
  })

  it('a pause', async () => {
    await audience(100)
    await workflow(audienceId()).signal('pause')
    const paused = (is: boolean) =>
      until(async () => (await deployment.sql`select from audience where paused = ${is}`).length === 1)
    await paused(true)
    await workflow(audienceId()).signal('instantSync')
    await workflow(audienceId()).signal('resume')
    await paused(false)
    await send()
    await keep('audience-pause', audienceId())
  })

  it('steps that are tried again, of every workflow', async () => {
    await fault(deployment, { fault: 'server_error', times: 2, match: { path: '/users' } })
    await deployment.sql`alter table run rename to run_away`
    await audience(100)
    await workflow('housekeeping').signal('wake')
    await until(async () => deployment.workerOutput().includes('42P01'))
    await until(async () => deployment.workerOutput().includes('housekeeping could not look after'))
    await deployment.sql`alter table run_away rename to run`
    await people(201, 202)
    await fault(deployment, { fault: 'throttled', times: 1, match: { path: '/sessions' } })
    await send()
    await keep('audience-retry', audienceId())
    await keep('sync-retry', syncId())
    const settle = `settle-${await lastDelivery()}`
    await over(settle)
    await keep('settle-retry', settle)
    await keep('housekeeping-retry', 'housekeeping')
  })

  it('histories that were continued as new', async () => {
    await audience(1)
    await people(203, 204)
    const { runId } = await workflow(audienceId()).describe()
    await send()
    await keep('audience-continued', audienceId(), runId)
    const failing = await fault(deployment, { fault: 'server_error', rate: 1, match: { path: '/sessions' } })
    await people(205, 206)
    await syncNow(deployment, at.audienceId)
    const deliveryId = await lastDelivery()
    const settle = workflow(`settle-${deliveryId}`)
    await over(syncId())
    await settle.terminate()
    const started = await deployment.temporal.workflow.start('settle', {
      workflowId: settle.workflowId,
      taskQueue: 'audience-sync',
      args: [{ deliveryId, name: 'Meta · Buyers', maxAsks: 1 }],
    })
    await until(async () => (await settle.describe()).runId !== started.firstExecutionRunId)
    await keep('settle-continued', settle.workflowId, started.firstExecutionRunId)
    await fetch(`${deployment.sandbox.url}/_sandbox/faults/${failing.id}`, { method: 'DELETE' })
    await quiet()
  })

  it('leaves that wait for a person: approved, taken over by a later delivery, cancelled', async () => {
    await audience(100)
    await deployment.people`delete from people where id like 'p1%'`
    const held = () =>
      until(async () => (await deployment.sql`select id, counts from delivery where status = 'held'`)[0])
    await syncNow(deployment, at.audienceId)
    const first = await held()
    const { runId } = await workflow(syncId()).describe()
    await people(1000, 1001)
    await syncNow(deployment, at.audienceId)
    const second = await until(async () => {
      const [now] = await deployment.sql`select id, counts from delivery where status = 'held'`
      return now?.id !== first.id && now
    })
    await keep('sync-superseded', syncId(), runId)
    await workflow(syncId()).signal('approve', 1)
    await workflow(syncId()).signal('approve', second.counts.held)
    await over(syncId())
    await keep('sync-hold', syncId())
    await quiet()
    await deployment.people`delete from people`
    await syncNow(deployment, at.audienceId)
    await held()
    await workflow(syncId()).signal('cancel')
    await over(syncId())
    await keep('sync-cancel', syncId())
    await until(async () =>
      (await workflow(audienceId()).query<{ outcome: string }>('status')).outcome.includes('deliver'),
    )
    await keep('audience-hold', audienceId())
    await people(1, 1)
  })

  it('an upload that is cancelled from the Temporal UI', async () => {
    await fault(deployment, { fault: 'slow', times: 1, ms: 2_000, match: { path: '/users' } })
    await people(2000, 2001)
    const synced = syncNow(deployment, at.audienceId)
    await until(async () => (await deployment.sql`select from batch where state = 'sending'`).length > 0)
    await workflow(syncId()).cancel()
    await synced
    await over(syncId())
    await keep('sync-cancelled-in-upload', syncId())
  })

  it('housekeeping', async () => {
    await workflow('housekeeping').terminate()
    await deployment.temporal.workflow.start('housekeeping', { workflowId: 'housekeeping', taskQueue: 'audience-sync' })
    const rounds = (n: number) =>
      until(async () => {
        const { events } = await workflow('housekeeping').fetchHistory()
        return (events ?? []).filter((event) => event.activityTaskCompletedEventAttributes).length >= n
      })
    await rounds(1)
    await workflow('housekeeping').signal('wake')
    await rounds(2)
    await keep('housekeeping-ordinary', 'housekeeping')
  })
})
