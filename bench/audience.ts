import { tsToMs } from '@temporalio/common/lib/time.js'
import { dropLedger } from '../db/queries/ledger-table.ts'
import { audienceSignals, taskQueue, workflowIds, workflowTypes } from '../workflows/names.ts'
import type { Deployment } from './deployment.ts'
import { fields, mapping, query } from './people.ts'

export type Audience = { readonly id: string; readonly syncId: string; readonly syncNo: number }

/** A dynamic audience over the made people with one Meta list that is on; nothing has been sent to it. */
export async function createAudience({ sql, seal, peopleUrl }: Deployment, name: string): Promise<Audience> {
  const [source] = await sql`insert into source (name, kind, credentials)
    values ('shop', 'postgres', ${seal.seal(JSON.stringify({ url: peopleUrl }))}) returning id`
  const [audience] = await sql`
    insert into audience (name, kind, status, source_id, query, member_id, refresh_interval_ms, default_country, fields)
    values (${name}, 'dynamic', 'active', ${source?.id}, ${query}, 'id', 86400000, 'US', ${sql.json(fields)}) returning id`
  const [destination] = await sql`insert into destination (name, platform, settings, credentials, sandbox, account)
    values ('Meta', 'meta', ${sql.json({ adAccountId: 'act_1' })},
      ${seal.seal(JSON.stringify({ accessToken: 'none' }))}, true, 'act_1') returning id`
  const [sync] = await sql`
    insert into sync (audience_id, destination_id, mode, account, list_id, list_name, mapping, enabled)
    values (${audience?.id}, ${destination?.id}, 'list', 'act_1', ${String(Date.now())}, ${name}, ${sql.json(mapping)}, true)
    returning id, no`
  return { id: String(audience?.id), syncId: String(sync?.id), syncNo: Number(sync?.no) }
}

/** Takes an audience away with all that is known of it. */
export async function removeAudience(deployment: Deployment, audience: Audience): Promise<void> {
  const { sql, temporal } = deployment
  await settled(deployment)
  await temporal.workflow.getHandle(workflowIds.audience(audience.id)).terminate()
  await dropLedger(sql, audience.syncNo)
  await sql`delete from sync where id = ${audience.syncId}`
  await sql`delete from audience where id = ${audience.id}`
}

export type Refresh = {
  readonly runId: string
  /** From the signal to the run's end, in milliseconds. */
  readonly ms: number
  /** Of that outside of the two activities: Temporal's round trips and the workflow. Only for a run without uploads. */
  readonly roundTripsMs: number
  readonly size: number
}

/** Signals `instantSync`, as an operator does, and waits for the end of the run that follows. */
export async function refresh({ sql, temporal }: Deployment, audience: Audience): Promise<Refresh> {
  const began = Date.now()
  const handle = await temporal.workflow.signalWithStart(workflowTypes.audience, {
    workflowId: workflowIds.audience(audience.id),
    taskQueue,
    args: [{ audienceId: audience.id }],
    signal: audienceSignals.instantSync,
    signalArgs: [],
  })
  for (;;) {
    const [run] = await sql`
      select id, status, size, problem, extract(epoch from finished_at)::float8 * 1000 as ended from run
      where audience_id = ${audience.id} and requested_at >= ${new Date(began)} and finished_at is not null`
    if (run) {
      if (run.status !== 'done') throw new Error(`The run failed: ${JSON.stringify(run.problem)}`)
      const ms = Number(run.ended) - began
      const activities = await activitiesOf(handle)
      const inside = activities.reduce((sum, { from, to }) => sum + Math.min(to, Number(run.ended)) - from, 0)
      return { runId: String(run.id), ms, roundTripsMs: ms - inside, size: Number(run.size) }
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** The last snapshot and diff of the workflow, by the times that its history tells. */
async function activitiesOf(handle: {
  fetchHistory(): Promise<{ events?: readonly HistoryEvent[] | null }>
}): Promise<{ from: number; to: number }[]> {
  for (;;) {
    const { events } = await handle.fetchHistory()
    const found = (events ?? []).flatMap((event) => {
      const name = event.activityTaskScheduledEventAttributes?.activityType?.name
      if (name !== 'takeSnapshot' && name !== 'diff') return []
      const id = String(event.eventId)
      const from = events?.find((each) => String(each.activityTaskStartedEventAttributes?.scheduledEventId) === id)
      const to = events?.find((each) => String(each.activityTaskCompletedEventAttributes?.scheduledEventId) === id)
      return [{ from: from?.eventTime, to: to?.eventTime }]
    })
    // The run's end is written inside the diff, whose own end comes a moment later.
    if (found.length >= 2 && found.every(({ to }) => to))
      return found.slice(-2).map(({ from, to }) => ({ from: tsToMs(from), to: tsToMs(to) }))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

type Time = Parameters<typeof tsToMs>[0]
type HistoryEvent = {
  readonly eventId?: unknown
  readonly eventTime?: Time
  readonly activityTaskScheduledEventAttributes?: {
    readonly activityType?: { readonly name?: string | null } | null
  } | null
  readonly activityTaskStartedEventAttributes?: { readonly scheduledEventId?: unknown } | null
  readonly activityTaskCompletedEventAttributes?: { readonly scheduledEventId?: unknown } | null
}

/** Waits until all receipts are final, so that following them is not at work during what is measured next. */
export async function settled({ sql }: Deployment): Promise<void> {
  for (;;) {
    const [open] = await sql`select (select count(*) from batch where final_at is null)
      + (select count(*) from run where settled_at is null) as n`
    if (Number(open?.n) === 0) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** What the last delivery of a run did; nothing where none was needed. */
export async function deliveryOf({ sql }: Deployment, runId: string): Promise<Record<string, number> | undefined> {
  const [row] = await sql`select counts from delivery where run_id = ${runId}`
  return row?.counts
}

/** How many members the ledger says are in the list. */
export async function heldOf({ sql }: Deployment, audience: Audience): Promise<number> {
  const [row] = await sql`select count(*) as n from ledger_member
    where sync_no = ${audience.syncNo} and state in ('accepted', 'confirmed')`
  return Number(row?.n)
}
