import type { LoggedDelivery } from '../../db/queries/log.ts'
import type { Line } from '../history/line.ts'
import { becauseOf, countsOf, type Facts, factsOfDelivery, factsOfRun, tellDelivery } from './rows.ts'

/** Completes a line from history by what Postgres knows of the same thing. Without those rows it stands as it is. */
export function join(line: Line, facts: Facts): Line {
  const { about } = line
  const run = facts.runs.find(({ id, cycle }) => id === about.run || (cycle !== null && cycle === about.cycle))
  const delivery = facts.deliveries.find(({ id }) => id === about.delivery)
  if (line.kind === 'step.takeSnapshot' && run) {
    const interrupted = run.problem?.code === 'interrupted' ? ` ${run.problem.what}` : ''
    return more(line, { message: `Because of ${becauseOf(run)}.${interrupted}`, data: { run: factsOfRun(run) } })
  }
  if (line.kind === 'step.diff' && run) return joinDiff(line, run.id, facts)
  if (line.kind === 'child.sync') return joinChild(line, delivery, facts)
  if (!delivery) return line
  if (line.kind === 'step.upload') {
    const batches = delivery.batches.find(({ phase }) => phase === about.phase)
    return batches ? more(line, { data: { batches } }) : line
  }
  if (delivered.has(line.kind)) {
    const { problem, status } = delivery
    const told = line.level === 'warning' || (status === 'discarded' && line.kind === 'step.finishDelivery')
    return more(line, {
      message: `${countsOf(delivery)}.${problem && told ? ` ${problem.what} ${problem.next}` : ''}`,
      data: { delivery: factsOfDelivery(delivery) },
    })
  }
  return line
}

/** Steps after which the counts of the delivery say how it went. */
const delivered = new Set(['step.hash', 'step.finishDelivery', 'step.finishSettling', 'step.holdDelivery'])

function joinDiff(line: Line, runId: string, { deliveries, names }: Facts): Line {
  const mine = deliveries.filter((delivery) => delivery.runId === runId)
  const told = mine.map((delivery) => `${delivery.name}: ${countsOf(delivery)}.`)
  const passedBy = Array.isArray(line.data.passedBy) ? line.data.passedBy : []
  const named = passedBy.flatMap(({ syncId }) => names.get(syncId) ?? [])
  return more(line, {
    message: [...told, ...(named.length > 0 ? [`Passed by: ${named.join(', ')}.`] : [])].join(' '),
    data: { deliveries: mine.map(factsOfDelivery) },
  })
}

function joinChild(line: Line, delivery: LoggedDelivery | undefined, { names }: Facts): Line {
  const name = names.get(line.about.sync ?? '')
  if (!delivery) return name ? more(line, { message: `(${name})` }) : line
  const told = tellDelivery(delivery)
  const data = { ...line.data, ...told.data }
  if (line.level === 'warning') return { ...line, message: `${line.message} ${told.message}`, data }
  return { ...line, message: told.message, level: told.level, data }
}

const more = (line: Line, added: { message?: string; data?: Line['data'] }): Line => ({
  ...line,
  message: added.message ? `${line.message} ${added.message}` : line.message,
  data: { ...line.data, ...added.data },
})
