import { memberKeyOf } from '../../db/member-key.ts'
import type { Divergence } from './judge.ts'
import { rowOf, short } from './judge.ts'
import { expectedRow } from './people.ts'
import { type Outcome, requestsOf } from './play.ts'
import { everybody, type Scene } from './scene.ts'
import type { World } from './world.ts'

/** Everything that is known of a divergence, for whoever has to understand it. */
export async function timelineOf(world: World, outcome: Outcome): Promise<string> {
  const { scene, diverged, told } = outcome
  const lines = [...diverged.map(say)]
  const keys = new Map<string, string>()
  for (const { memberId, memberKey } of diverged.slice(0, 3)) {
    const key = memberKey ?? (memberId && memberKeyOf(world.memberKeySecret, memberId))
    if (key) keys.set(key, memberId ?? idOf(world, scene, key) ?? 'a row without a member of now')
  }
  for (const [key, id] of keys) lines.push('', `== ${id} (${key})`, ...(await ofMember(world, scene, id, key)))
  lines.push('', '== what happened', ...told)
  lines.push('', '== runs, deliveries, batches', ...(await deliveriesOf(world, scene)))
  lines.push('', '== workflows', ...(await workflowLines(world, scene)))
  lines.push('', '== requests', ...(await requestLines(world, scene)))
  return lines.join('\n')
}

const say = ({ what, memberId, memberKey }: Divergence) => `DIVERGENCE ${memberId ?? memberKey ?? ''} ${what}`

const idOf = (world: World, scene: Scene, key: string) => {
  const ids = [...everybody(scene).map(({ id }) => id), ...Array.from({ length: 30 }, (_, at) => `m${at}`)]
  return ids.find((id) => memberKeyOf(world.memberKeySecret, id) === key)
}

async function ofMember({ sql }: World, scene: Scene, id: string, key: string): Promise<string[]> {
  const person = everybody(scene).find((each) => each.id === id)
  const expected = person && expectedRow(person, scene.mapping, scene.country)
  const ledger = await sql`select * from ledger_member where sync_no = ${scene.syncNo} and member_key = ${key}`
  const history = await sql`
    select * from member_history where sync_no = ${scene.syncNo} and member_key = ${key} order by at`
  return [
    `now: ${JSON.stringify(person)}`,
    `expected: ${expected ? short(expected) : 'nothing usable'}`,
    ...ledger.map(
      (row) =>
        `ledger: ${row.state}, batch ${row.batch_id}, ${row.identifiers ? short(rowOf(row.identifiers)) : ''}, ${row.reason}`,
    ),
    ...history.map(
      (row) =>
        `${row.at.toISOString().slice(11, 23)} ${row.event}: was ${row.state}, batch ${row.batch_id}, ${row.reason}`,
    ),
  ]
}

async function deliveriesOf({ sql }: World, { audienceId, syncNo }: Scene): Promise<string[]> {
  const rows = await sql<{ line: string }[]>`
    select line from (
      select requested_at as at, to_char(requested_at, 'HH24:MI:SS.MS') || ' run ' || id || ' ' || status || ' '
        || causes::text || ' size ' || coalesce(size, -1) || coalesce(' ' || (problem ->> 'what'), '') as line
        from run where audience_id = ${audienceId}
      union all select d.started_at, to_char(d.started_at, 'HH24:MI:SS.MS') || '   delivery ' || d.id || ' ' || d.goal || ' '
        || d.status || ' v' || d.sync_version || ' ' || (select string_agg(key || ' ' || value, ' ') from jsonb_each_text(d.counts) where value <> '0')
        || coalesce(' ' || (d.problem ->> 'what'), '')
        from delivery d join run r on r.id = d.run_id where r.audience_id = ${audienceId}
      union all select b.created_at + interval '1 microsecond', to_char(b.created_at, 'HH24:MI:SS.MS') || '     batch ' || b.id || ' ' || b.phase || ' ' || b.rows
        || ' ' || b.state || ' attempts ' || b.attempts || ' list ' || b.list_id || ' answered ' || coalesce(to_char(b.answered_at, 'HH24:MI:SS.MS'), '-')
        || ' ref ' || coalesce(b.reference, '-')
        from batch b where b.sync_no = ${syncNo}) all_of_it order by at`
  return rows.map(({ line }) => line)
}

async function workflowLines({ sql, temporal }: World, { audienceId, syncId }: Scene): Promise<string[]> {
  const deliveries = await sql<{ id: string }[]>`
    select id from delivery where sync_id = ${syncId} and settled_at is null order by started_at`
  const ids = [
    `audience-${audienceId}`,
    `sync-${syncId}`,
    ...deliveries.map(({ id }) => `settle-${id}`),
    'housekeeping',
  ]
  const lines: string[] = []
  for (const id of ids) {
    const described = await temporal.workflow
      .getHandle(id)
      .describe()
      .catch(() => undefined)
    const pending = (described?.raw.pendingActivities ?? []).map(
      ({ activityType, attempt, state, lastFailure }) =>
        `${activityType?.name} attempt ${attempt} state ${state}: ${lastFailure?.message ?? ''} ${lastFailure?.cause?.message ?? ''}`,
    )
    lines.push(`${id} ${described?.status.name ?? 'never was'} ${pending.join('; ')}`)
  }
  return lines
}

async function requestLines(world: World, scene: Scene): Promise<string[]> {
  const { requests } = await requestsOf(world, scene.lists)
  return requests
    .slice(-120)
    .map(
      ({ time, operation, path, status, worked, fault, received, session_id }) =>
        `${time.slice(11, 23)} ${operation} ${path.split('/').slice(-2, -1)} ${status ?? 'no answer'}${worked ? ' worked' : ''}${fault ? ` (${fault})` : ''} rows ${received} session ${session_id}`,
    )
}
