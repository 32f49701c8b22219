import { randomUUID } from 'node:crypto'
import { serve } from '@hono/node-server'
import { Client, Connection } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { taskQueue, workflowIds } from '../../workflows/names.ts'
import { type Deployment, fault, seedAudience, startDeployment, syncNow, until } from '../support/deployment.ts'
import { type LogLine, openApi } from '../support/log-api.ts'
import { openStream } from '../support/log-stream.ts'

const canary = 'canary.anna@example.test'
/** gRPC's code for a workflow that is deleted already. */
const notFound = 5

let deployment: Deployment
let api: Awaited<ReturnType<typeof openApi>>
let at: Awaited<ReturnType<typeof seedAudience>>
let ofAudience: string
let ofSync: string

beforeAll(async () => {
  deployment = await startDeployment()
  api = await openApi(deployment)
  await deployment.people`create table people (id text primary key, email text, phone text)`
  await deployment.people`insert into people values ('1', ${canary}, '+1 555 0100001'), ('2', 'ben@example.test', null), ('3', 'no-at-sign', null)`
  at = await seedAudience(deployment)
  ofAudience = `/v1/audiences/${at.audienceId}/logs`
  ofSync = `/v1/syncs/${at.syncId}/logs`
}, 120_000)
afterAll(async () => {
  await api?.close()
  await deployment?.stop()
})

const settled = () =>
  until(async () => {
    const [open] = await deployment.sql`select count(*) as n from run where settled_at is null`
    return Number(open?.n) === 0
  })
const find = (lines: readonly LogLine[], kind: string) => lines.filter((line) => line.kind === kind)
/** The newest line that fits, as soon as it is there. */
const line = (path: string, fits: (line: LogLine) => boolean) =>
  until(async () => (await api.page(`${path}?limit=200`)).items.find(fits))
const handle = () => deployment.temporal.workflow.getHandle(workflowIds.audience(at.audienceId))
/** The audience sleeps, and nobody is left who could wake it. */
const asleep = () =>
  until(async () => {
    const { count } = await deployment.temporal.workflow.count(
      "ExecutionStatus = 'Running' AND WorkflowType IN ('sync', 'settle')",
    )
    const newest = (await api.page(`${ofAudience}?limit=20`)).items.find(({ source }) => source === 'history')
    return count === 0 && newest?.kind === 'timer' && newest.endedAt === null
  })
/** A round of housekeeping, now. */
async function houseKept() {
  const { temporal } = deployment
  await temporal.workflow.getHandle(workflowIds.housekeeping).terminate()
  await temporal.workflow.start('housekeeping', { workflowId: workflowIds.housekeeping, taskQueue })
}

/** The number of the event that a line names, as Temporal has it: undefined where there is none. */
async function eventOf({ workflowId, runId, eventId }: LogLine) {
  const { events } = await deployment.temporal.workflow.getHandle(String(workflowId), String(runId)).fetchHistory()
  return events?.find((event) => Number(String(event.eventId)) === eventId)
}

async function everyEventExists(lines: readonly LogLine[]) {
  const runs = new Map<string, Promise<Set<number>>>()
  const numbers = async (workflowId: string, runId: string) => {
    const { events } = await deployment.temporal.workflow.getHandle(workflowId, runId).fetchHistory()
    return new Set((events ?? []).map((event) => Number(String(event.eventId))))
  }
  for (const { workflowId, runId, eventId, data, message } of lines) {
    if (workflowId === null || runId === null) continue
    const known = runs.get(runId) ?? numbers(workflowId, runId)
    runs.set(runId, known)
    expect(await known, message).toContain(eventId)
    if (data.lastEventId) expect(await known, message).toContain(data.lastEventId)
  }
}

describe('the log of an audience and of its sync', { timeout: 90_000 }, () => {
  it('tells a run with its cause, its counts and how its delivery went', async () => {
    await syncNow(deployment, at.audienceId)
    await settled()
    const lines = await api.lines(ofAudience)
    expect(find(lines, 'step.takeSnapshot')).toMatchObject([
      {
        message: 'Snapshot: 3 members. Because of an instant sync.',
        level: 'info',
        data: { members: 3 },
        source: 'history',
      },
    ])
    const [compared] = find(lines, 'step.diff')
    expect(compared?.message).toContain('3 members; 1 to deliver: 3 joined, 0 left, 0 changed')
    expect(compared?.message).toContain('Meta · Buyers: 2 joined, 1 unusable')
    expect((await eventOf(compared as LogLine))?.activityTaskScheduledEventAttributes?.activityType?.name).toBe('diff')
    expect(find(lines, 'child.sync')).toMatchObject([
      {
        message: 'Delivery to Meta · Buyers: settled. 2 joined, 1 unusable; 2 confirmed.',
        data: { delivery: { status: 'settled' } },
      },
    ])
    const delivery = await api.lines(ofSync)
    expect(find(delivery, 'step.upload')).toMatchObject([
      { message: '1 batch of joins sent.', data: { batches: { batches: 1, members: 2, states: { confirmed: 1 } } } },
    ])
    expect(find(delivery, 'step.finishSettling')[0]?.message).toContain('2 confirmed')
    expect(delivery.some(({ workflowId }) => workflowId?.startsWith('settle-'))).toBe(true)
    await everyEventExists([...lines, ...delivery])
  })

  it('tells that nothing changed', async () => {
    await syncNow(deployment, at.audienceId)
    const [newest] = find(await api.lines(ofAudience), 'step.diff')
    expect(newest).toMatchObject({
      message: 'Compared with the destinations: 3 members, nothing to do.',
      level: 'info',
    })
  })

  it('warns of a snapshot that failed, with the reason in our words', async () => {
    await deployment.sql`update audience set query = 'select * from nowhere' where id = ${at.audienceId}`
    await syncNow(deployment, at.audienceId)
    const [newest] = find(await api.lines(ofAudience), 'step.takeSnapshot')
    expect(newest).toMatchObject({
      level: 'warning',
      data: { run: { status: 'failed', problem: { code: 'table_unknown' } } },
    })
    expect(newest?.message).toMatch(/^The snapshot failed: A table or view does not exist/)
    await deployment.sql`update audience set query = 'select * from people' where id = ${at.audienceId}`
  })

  it('tells the attempt, the failure and the next attempt of an upload that is throttled now', async () => {
    await fault(deployment, { fault: 'throttled', times: 1000, match: { path: '/users' } })
    await deployment.people`insert into people values ('4', 'eve@example.test', null)`
    const synced = syncNow(deployment, at.audienceId)
    const retrying = await line(ofSync, ({ kind, data }) => kind === 'step.upload' && data.attempt > 1 && !data.running)
    expect(retrying.message).toMatch(
      /^Uploading joins: attempt \d+, to begin at 2.*The attempt before: .*(calls|limit)/,
    )
    expect(retrying).toMatchObject({
      endedAt: null,
      data: { nextAttemptAt: expect.any(String), lastFailure: expect.any(String) },
    })
    await fetch(`${deployment.sandbox.url}/_sandbox/faults`, { method: 'DELETE' })
    await synced
    const done = await line(ofSync, ({ id }) => id === retrying.id)
    expect(done.message).toMatch(/^1 batch of joins sent\. It took \d+ attempts\.$/)
    expect(done.endedAt).not.toBeNull()
  })

  it('warns of a destination that is not connected', async () => {
    await deployment.sql`update destination set status = 'needs_attention' where id = ${at.destinationId}`
    await syncNow(deployment, at.audienceId)
    const [newest] = find(await api.lines(ofAudience), 'step.diff')
    expect(newest).toMatchObject({
      level: 'warning',
      data: { passedBy: [{ syncId: at.syncId, why: 'destination_disconnected' }] },
    })
    expect(newest?.message).toContain('its destination is not connected')
    expect(newest?.message).toContain('Passed by: Meta · Buyers')
    await deployment.sql`update destination set status = 'connected' where id = ${at.destinationId}`
  })

  it('warns of what is held, tells a wrong approval without its number, and the right one', async () => {
    await deployment.people`create table away as select * from people`
    await deployment.people`delete from people`
    await syncNow(deployment, at.audienceId)
    const held = await line(ofSync, ({ kind, endedAt }) => kind === 'step.holdDelivery' && endedAt !== null)
    expect(held).toMatchObject({ level: 'warning', data: { held: 3, delivery: { status: 'held' } } })
    expect(held.message).toContain('approve or discard')
    const child = await line(ofAudience, ({ kind }) => kind === 'child.sync')
    expect(child).toMatchObject({ level: 'warning', data: { delivery: { status: 'held' } } })
    const sync = deployment.temporal.workflow.getHandle(workflowIds.sync(at.syncId))
    await sync.signal('approve', 15_550_100_001)
    const refused = await line(ofSync, ({ kind, endedAt }) => kind === 'step.releaseHeld' && endedAt !== null)
    expect(refused).toMatchObject({ level: 'warning' })
    expect(JSON.stringify(await api.lines(ofSync))).not.toContain('15550100001')
    await sync.signal('approve', 3)
    const released = await line(
      ofSync,
      ({ id, kind, endedAt }) => kind === 'step.releaseHeld' && endedAt !== null && id !== refused.id,
    )
    expect(released.message).toBe('What was held is approved and goes out.')
    await settled()
  })

  it('tells that an instant sync was ignored while paused, and nothing that came with signals', async () => {
    await handle().signal('pause', canary)
    // once the workflow has heard of the pause: what comes at the same moment is taken up before it
    await until(async () => {
      const { status } = await handle().query<{ status?: string }>('status')
      return status === 'paused'
    })
    await handle().signal('instantSync', canary, { email: canary })
    await handle().signal(`${canary}`, canary)
    const ignored = await line(ofAudience, ({ kind, data }) => kind === 'signal.instantSync' && data.ignored)
    expect(ignored).toMatchObject({ level: 'warning' })
    expect(ignored.message).toMatch(/^An instant sync requested by .* was ignored: the audience is paused/)
    expect(await line(ofAudience, ({ kind }) => kind === 'signal.unknown')).toMatchObject({ level: 'warning' })
    expect((await api.call('POST', `/v1/audiences/${at.audienceId}/resume`)).status).toBe(200)
    // whether or not the workflow has heard of it yet
    await handle().signal('instantSync')
    expect(await line(ofAudience, ({ kind, data }) => kind === 'signal.instantSync' && !data.ignored)).toMatchObject({
      level: 'info',
    })
    await settled()
  })

  it('goes on over a terminated workflow that housekeeping started again, and says so', async () => {
    const before = (await api.lines(ofAudience)).length
    await handle().terminate(`${canary} asked me to`)
    await houseKept()
    const started = await line(ofAudience, ({ kind, data }) => kind === 'workflow.started' && data.mended)
    expect(started).toMatchObject({
      level: 'warning',
      eventId: 1,
      message: expect.stringMatching(/workflow was started again by housekeeping/),
    })
    // the list of workflows tells of the one before a moment later
    const lines = await until(async () => {
      const all = await api.lines(ofAudience)
      return find(all, 'workflow.terminated').length > 0 && all.length > before ? all : undefined
    })
    expect(find(lines, 'workflow.terminated')).toMatchObject([{ level: 'warning' }])
    expect(new Set(lines.filter(({ source }) => source === 'history').map(({ runId }) => runId)).size).toBe(2)
    await everyEventExists(lines)
  })

  it("tells in the audience's log what housekeeping mended at one of its syncs", async () => {
    await deployment.people`insert into people select * from away`
    await syncNow(deployment, at.audienceId)
    await settled()
    await deployment.people`delete from people`
    await syncNow(deployment, at.audienceId)
    await line(ofSync, ({ kind, data }) => kind === 'step.holdDelivery' && data.delivery?.status === 'held')
    await deployment.sql`update delivery set started_at = now() - interval '1 minute' where status = 'held'`
    await deployment.temporal.workflow.getHandle(workflowIds.sync(at.syncId)).terminate()
    await houseKept()
    const mended = await line(
      ofAudience,
      ({ kind, data }) => kind === 'record.mend' && data.mended === 'delivery_restarted',
    )
    expect(mended).toMatchObject({ level: 'warning', workflowId: workflowIds.sync(at.syncId), eventId: 1 })
    expect(mended.message).toContain('Meta · Buyers')
    expect((await eventOf(mended))?.workflowExecutionStartedEventAttributes).toBeTruthy()
    const inSync = await line(ofSync, ({ kind, data }) => kind === 'workflow.started' && data.mended)
    expect(inSync.runId).toBe(mended.runId)
    expect(find(await api.lines(ofSync), 'record.mend').filter(({ runId }) => runId === mended.runId)).toEqual([])
    await deployment.temporal.workflow.getHandle(workflowIds.sync(at.syncId)).signal('discard')
    await settled()
  })

  it('tells of a delivery that housekeeping closed, whose missed run it asks for', async () => {
    await asleep()
    const { sql } = deployment
    await deployment.people`insert into people select * from away`
    await sql`update sync set missed = true where id = ${at.syncId}`
    const [delivery] = await sql`update delivery set settled_at = null where id = (
      select id from delivery where status = 'settled' order by started_at desc limit 1) returning id`
    await houseKept()
    const closed = await line(
      ofAudience,
      ({ data }) => data.mended === 'delivery_closed' && data.deliveryId === delivery?.id,
    )
    expect(closed).toMatchObject({ level: 'info', data: { syncId: at.syncId } })
    await until(async () => (await sql`select id from run where 'caught_up' = any(causes)`).length > 0)
    await sql`update sync set missed = false where id = ${at.syncId}`
    await handle().signal('wake')
    await settled()
  })

  it('pages over every line exactly once, newest first', async () => {
    await asleep()
    for (const path of [ofAudience, ofSync]) {
      const whole = await api.lines(path)
      const paged = await api.lines(path, 3)
      expect(paged.map(({ id }) => id)).toEqual(whole.map(({ id }) => id))
      expect(new Set(whole.map(({ id }) => id)).size).toBe(whole.length)
      expect(whole.map((one) => one.at)).toEqual(
        whole
          .map((one) => one.at)
          .sort()
          .reverse(),
      )
      expect(whole.filter(({ kind }) => kind === 'record.run' || kind === 'record.delivery')).toEqual([])
    }
    const warnings = await api.page(`${ofAudience}?level=warning&limit=200`)
    expect(new Set(warnings.items.map((one) => one.level))).toEqual(new Set(['warning']))
  })

  it('refuses a cursor that is none of its own', async () => {
    expect(await api.call('GET', `${ofAudience}?after=nonsense`)).toMatchObject({ status: 422 })
    expect((await api.call('GET', `/v1/audiences/${randomUUID()}/logs`)).status).toBe(404)
  })

  it('answers from the database, and says so, while Temporal cannot be asked', async () => {
    const nowhere = new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }), namespace: 'default' })
    const cutOff = await openApi(deployment, { client: nowhere })
    const page = await cutOff.page(`${ofAudience}?limit=20`)
    expect(page.history).toBe('unavailable')
    expect(page.items[0]).toMatchObject({ kind: 'history.unavailable', level: 'warning' })
    expect(page.items.slice(1).every(({ source }) => source === 'records')).toBe(true)
    expect(find(page.items, 'record.run').some(({ message }) => message.includes('an instant sync'))).toBe(true)
    await cutOff.close()
    await nowhere.connection.close()
  })

  it('follows live, and ends when nobody listens and when the server stops', async () => {
    const server = serve({ fetch: api.app.fetch, port: 0 })
    await until(async () => server.listening)
    const address = server.address()
    const base = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
    const stream = await openStream(`${base}${ofAudience}/stream?last=3`, api.headers)
    const first = await stream.line(() => true)
    expect(stream.seen).toHaveLength(3)
    await deployment.people`insert into people values ('9', 'gus@example.test', null)`
    await syncNow(deployment, at.audienceId)
    const snapshot = await stream.line(
      ({ kind, endedAt, at: time }) => kind === 'step.takeSnapshot' && endedAt !== null && time > first.at,
    )
    expect(snapshot.message).toContain('Snapshot: 5 members')
    const shown = await api.lines(ofAudience)
    expect(shown.find(({ id }) => id === snapshot.id)).toMatchObject({ message: snapshot.message })
    await stream.close()

    const again = await openStream(`${base}${ofAudience}/stream`, {
      ...api.headers,
      'last-event-id': stream.lastEventId,
    })
    await handle().signal('wake')
    await again.line(({ kind, at: time }) => kind === 'signal.wake' && time > snapshot.at)
    expect(again.seen.filter(({ endedAt }) => endedAt !== null && endedAt < snapshot.at)).toEqual([])
    const closed = new Promise((done) => server.close(done))
    api.stopping.abort()
    await again.ended
    await closed
    await settled()
  })

  it('is right with the rows of its runs deleted', async () => {
    const told = async () => (await api.lines(ofAudience)).filter(({ source }) => source === 'history')
    const before = await told()
    await deployment.sql`delete from run where audience_id = ${at.audienceId}`
    const left = await told()
    expect(left.map(({ id, kind, eventId }) => ({ id, kind, eventId }))).toEqual(
      before.map(({ id, kind, eventId }) => ({ id, kind, eventId })),
    )
    const messages = left.map(({ message }) => message)
    expect(messages).toContain('Snapshot: 3 members.')
    expect(messages).toContain('Compared with the destinations: 3 members; 1 to deliver: 3 joined, 0 left, 0 changed.')
    expect(messages.some((message) => message.startsWith('The snapshot failed: A table or view does not exist'))).toBe(
      true,
    )
    expect(find(await api.lines(ofSync), 'step.upload').length).toBeGreaterThan(0)
    await everyEventExists(left)
  })
})

describe('the log of an audience whose history is continued as new', { timeout: 90_000 }, () => {
  let other: Awaited<ReturnType<typeof seedAudience>>
  let path: string

  it('is one log over all runs of its workflow', async () => {
    other = await seedAudience(deployment)
    path = `/v1/audiences/${other.audienceId}/logs`
    await deployment.temporal.workflow.start('audience', {
      workflowId: workflowIds.audience(other.audienceId),
      taskQueue,
      args: [{ audienceId: other.audienceId, maxCycles: 1, outcome: canary }],
      memo: { audience: canary },
    })
    for (let run = 0; run < 3; run++) await syncNow(deployment, other.audienceId)
    await settled()
    // the workflow may still be reading what the receipts brought: pages are compared once nothing new comes
    const lines = await until(async () => {
      const all = await api.lines(path)
      const paged = await api.lines(path, 2)
      const ids = (some: LogLine[]) => some.map(({ id }) => id).join()
      return ids(all) === ids(paged) && ids(all) === ids(await api.lines(path)) ? all : undefined
    })
    expect(find(lines, 'step.takeSnapshot')).toHaveLength(3)
    expect(new Set(lines.map(({ runId }) => runId)).size).toBeGreaterThanOrEqual(3)
    expect(find(lines, 'workflow.continued').length).toBeGreaterThanOrEqual(2)
    await everyEventExists(lines)
  })

  it('is told by the rows of Postgres when Temporal has forgotten it', async () => {
    const { temporal, sql } = deployment
    await sql`update audience set status = 'archived' where id = ${other.audienceId}`
    await temporal.workflow.getHandle(workflowIds.audience(other.audienceId)).terminate()
    const gone = [workflowIds.audience(other.audienceId), workflowIds.sync(other.syncId)]
    // the list of workflows comes after what it tells of, so what it does not tell yet is forgotten in a later round
    const forget = async () => {
      const query = `WorkflowId IN ('${gone.join("','")}')`
      for await (const { workflowId, runId } of temporal.workflow.list({ query }))
        await temporal.workflowService
          .deleteWorkflowExecution({
            namespace: temporal.options.namespace,
            workflowExecution: { workflowId, runId },
          })
          .catch((error: { code?: number }) => {
            if (error.code !== notFound) throw error
          })
    }
    const lines = await until(async () => {
      await forget()
      const found = await api.lines(path)
      return found.every(({ source }) => source === 'records') ? found : undefined
    })
    expect(find(lines, 'record.run')).toHaveLength(3)
    expect(find(lines, 'record.run').at(-1)?.message).toBe('A run was done (because of an instant sync): 5 members.')
    expect(find(lines, 'record.delivery')).toMatchObject([{ data: { delivery: { status: 'settled' } }, eventId: null }])
    const delivery = await api.lines(`/v1/syncs/${other.syncId}/logs`)
    expect(find(delivery, 'record.delivery')).toHaveLength(1)
  })

  it('names nobody, here and in all the other logs', async () => {
    const everything = []
    for (const log of [ofAudience, ofSync, path, `/v1/syncs/${other.syncId}/logs`])
      everything.push(await api.lines(log))
    expect(everything.flat().length).toBeGreaterThan(50)
    const text = JSON.stringify(everything) + api.logged.join('')
    expect(text).not.toContain(canary)
    expect(text).not.toMatch(/example\.test|5550100001|no-at-sign/)
  })
})
