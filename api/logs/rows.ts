import type { LoggedDelivery, LoggedRun, LogRow } from '../../db/queries/log.ts'
import { causes } from '../history/audience-steps.ts'
import { heldSentence } from '../history/delivery-steps.ts'
import type { Line } from '../history/line.ts'
import { formatted, many } from '../history/step.ts'

/** What Postgres knows, to complete what history tells and to stand where history is gone. */
export type Facts = {
  readonly runs: readonly LoggedRun[]
  readonly deliveries: readonly LoggedDelivery[]
  readonly names: ReadonlyMap<string, string>
}

type Saying = Pick<Line, 'level' | 'message' | 'data'>

/** "an instant sync and the refresh interval" */
export const becauseOf = (run: Pick<LoggedRun, 'causes'>) => run.causes.map((cause) => causes[cause]).join(' and ')

const ended = new Set(['uploaded', 'settled', 'superseded', 'discarded', 'cancelled', 'failed'])

export function tellRun(run: LoggedRun): Saying {
  const data = { run: factsOfRun(run) }
  const why = ` (because of ${becauseOf(run)})`
  if (run.status === 'requested') return { level: 'info', message: `A run is wanted and has not begun${why}.`, data }
  const size = run.size === null ? '' : `: ${many(run.size, 'member')}`
  if (run.status === 'failed') {
    const what = run.problem ? ` ${run.problem.what} ${run.problem.next}` : ''
    return { level: run.problem ? 'warning' : 'info', message: `A run failed${why}.${what}`, data }
  }
  return { level: 'info', message: `A run ${run.status === 'done' ? 'was done' : 'is under way'}${why}${size}.`, data }
}

export function tellDelivery(delivery: LoggedDelivery): Saying {
  const { name, status, problem } = delivery
  const parts = [`Delivery to ${name}: ${status}. ${countsOf(delivery)}.`]
  if (status === 'held') parts.push(heldSentence(delivery.counts.held))
  if (problem) parts.push(`${problem.what} ${problem.next}`)
  return {
    level: needsAttention(delivery) ? 'warning' : 'info',
    message: parts.join(' '),
    data: { delivery: factsOfDelivery(delivery) },
  }
}

export const needsAttention = ({ status, problem }: LoggedDelivery) =>
  status === 'held' || status === 'failed' || (problem !== null && !ended.has(status))

/** "4 joined, 1 left; 4 confirmed, 1 refused (no_consent)" */
export function countsOf({ counts, reasons }: LoggedDelivery): string {
  const some = (list: readonly (readonly [number, string])[]) =>
    list.flatMap(([n, what]) => (n > 0 ? [`${formatted(n)} ${what}`] : [])).join(', ')
  const planned = some([
    [counts.joined, 'joined'],
    [counts.left, 'left'],
    [counts.updated, 'changed'],
    [counts.again, 'sent again'],
    [counts.unusable, 'unusable'],
    [counts.retained, 'kept for another member with the same identifier'],
    [counts.held, 'held'],
    [counts.waiting, 'waiting'],
  ])
  const because = reasons[0] ? ` (most often ${reasons[0].reason})` : ''
  const outcome = some([
    [counts.accepted, 'accepted'],
    [counts.confirmed, 'confirmed'],
    [counts.rejected, `refused${because}`],
  ])
  return [planned || 'nothing to change', outcome].filter(Boolean).join('; ')
}

export const factsOfRun = ({ id, status, causes, size, problem }: LoggedRun) => ({ id, status, causes, size, problem })

export const factsOfDelivery = ({
  id,
  runId,
  syncId,
  name,
  goal,
  status,
  counts,
  problem,
  batches,
  reasons,
}: LoggedDelivery) => ({
  id,
  runId,
  syncId,
  name,
  goal,
  status,
  counts,
  problem,
  batches,
  reasons,
})

/** What housekeeping did, by the word that it noted. */
const mends: Readonly<Record<string, string>> = {
  audience_restarted: "Housekeeping started the audience's workflow again: it was gone.",
  approval_told: 'Held leaves had been approved and their workflow had not heard of it: housekeeping told it.',
  cancel_told: 'A delivery had been cancelled and its workflow had not heard of it: housekeeping told it.',
  delivery_restarted: 'Housekeeping started the workflow of a delivery again: it was gone, and the delivery goes on.',
  receipts_followed: 'Housekeeping found receipts that nobody followed; they are followed now.',
  delivery_closed: 'Housekeeping closed a delivery that had ended.',
  list_emptied: 'Housekeeping found a list emptied and did what was to follow.',
  list_recreated: 'The list was deleted at the platform: it was made again by itself, and everybody is sent to it.',
  list_renamed: 'The list was renamed at the platform; the sync follows.',
  list_problem: 'The list was looked for at the platform.',
  list_well: 'The list is well again.',
  api_sunset: 'The API version of a destination ends.',
}
const ordinary = new Set(['delivery_closed', 'list_emptied', 'list_renamed', 'list_well'])

function tellMend(detail: Readonly<Record<string, unknown>>, names: Facts['names']): Saying {
  const what = String(detail.mended)
  const name = names.get(String(detail.syncId))
  const told = typeof detail.told === 'string' ? ` ${detail.told}` : ''
  return {
    level: ordinary.has(what) ? 'info' : 'warning',
    message: `${mends[what] ?? 'Housekeeping mended something.'}${told}${name ? ` (${name})` : ''}`,
    data: { ...detail },
  }
}

/** A line told from a row alone. */
export function lineOfRow(row: LogRow, facts: Facts): Line | undefined {
  const said = sayRow(row, facts)
  if (!said) return undefined
  const started =
    row.kind === 'mend' && typeof row.detail?.runId === 'string' && typeof row.detail.workflowId === 'string'
  return {
    id: row.id,
    at: row.at,
    endedAt: row.until ? row.until.toISOString() : null,
    kind: `record.${row.kind}`,
    source: 'records',
    // what housekeeping started begins with event 1
    workflowId: started ? String(row.detail?.workflowId) : null,
    runId: started ? String(row.detail?.runId) : null,
    eventId: started ? 1 : null,
    about: {},
    ...said,
  }
}

function sayRow(row: LogRow, facts: Facts): Saying | undefined {
  if (row.kind === 'mend') return tellMend(row.detail ?? {}, facts.names)
  if (row.kind === 'run') {
    const run = facts.runs.find(({ id }) => id === row.subject)
    return run && tellRun(run)
  }
  const delivery = facts.deliveries.find(({ id }) => id === row.subject)
  return delivery && tellDelivery(delivery)
}
