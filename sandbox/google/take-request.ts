import type { Disturbance } from '../platform.ts'
import type { Addressed } from './destinations.ts'
import type { Context, Outcome } from './operation.ts'
import type { Account, Content, TakenDestination } from './state.ts'
import { newRequestId } from './status-error.ts'

/** A member or an event that is well formed. */
interface Row {
  references: string[]
  /** How many identifiers were sent. */
  identifiers: number
}

/** What becomes of a row at a destination. */
export interface Handling<R> {
  /** Why processing refuses it; undefined when it does not. */
  refusal(row: R): string | undefined
  act(row: R): void
  /** What else is done with one that is refused. */
  refused?(row: R, reason: string): void
}

/** Does a destination's part of the work. What processing will refuse is settled now and told later. */
export function processRows<R extends Row>(
  disturbance: Disturbance,
  { reference, sent }: Addressed,
  rows: readonly R[],
  { refusal, act, refused }: Handling<R>,
): TakenDestination {
  const part: TakenDestination = { destination: sent, records: 0, identifiers: 0, errors: {}, warnings: {} }
  const ordered = orderedOutcome(disturbance.reason)
  let disturbed = 0
  for (const row of rows) {
    if (row.references.length > 0 && !row.references.includes(reference)) continue
    part.records++
    part.identifiers += row.identifiers
    let error = refusal(row)
    if (error === undefined && disturbed < disturbance.rejectRows) {
      disturbed++
      if (ordered.isWarning) count(part.warnings, ordered.reason)
      else error = ordered.reason
    }
    if (error === undefined) {
      act(row)
      continue
    }
    count(part.errors, error)
    refused?.(row, error)
  }
  return part
}

/** A fault may say `NO_CONSENT` for short. */
function orderedOutcome(wanted = 'INTERNAL_ERROR'): { reason: string; isWarning: boolean } {
  const isWarning = wanted.startsWith('PROCESSING_WARNING_')
  return { reason: wanted.startsWith('PROCESSING_') ? wanted : `PROCESSING_ERROR_REASON_${wanted}`, isWarning }
}

function count(counts: Record<string, number>, reason: string): void {
  counts[reason] = (counts[reason] ?? 0) + 1
}

/** Notes what was done under a new id, of which the status can be asked. */
export function takeRequest(
  { state, caller }: Context,
  content: Content,
  { targets, destinations }: { targets: readonly { account: Account }[]; destinations: TakenDestination[] },
): Outcome {
  const takenAt = state.clock.now()
  const id = newRequestId()
  const doneAt = takenAt + Math.max(...targets.map(({ account }) => account.processingSeconds)) * 1_000
  state.requests.set(id, { id, clientId: caller.clientId, content, takenAt, doneAt, destinations })
  const sum = (count: (part: TakenDestination) => number) =>
    destinations.reduce((total, part) => total + count(part), 0)
  return {
    body: { requestId: id },
    note: {
      received: sum(({ records }) => records),
      invalid: sum(({ errors }) => Object.values(errors).reduce((total, records) => total + records, 0)),
    },
  }
}
