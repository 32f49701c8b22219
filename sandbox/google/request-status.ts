import { memberKinds } from './member-kinds.ts'
import type { Context, Outcome } from './operation.ts'
import type { Content, TakenDestination, TakenRequest } from './state.ts'
import { refuse } from './status-error.ts'

/** UNVERIFIED: how long a request can be asked for. */
const KEPT_MS = 30 * 86_400_000

export function retrieveStatus({ state, caller, query }: Context): Outcome {
  const id = query.get('requestId') ?? query.get('request_id') ?? ''
  if (id === '') throw refuse.violation('request_id', 'REQUIRED_FIELD_MISSING', 'Required field is missing.')
  const taken = state.requests.get(id)
  if (taken === undefined || taken.clientId !== caller.clientId || state.clock.now() >= taken.takenAt + KEPT_MS)
    throw refuse.violation(
      'request_id',
      'INVALID_REQUEST_ID',
      "The request ID used to retrieve the status of a request is not valid. Status can only be retrieved for requests that succeed and don't have `validate_only=true`.",
    )
  const isDone = state.clock.now() >= taken.doneAt
  return {
    body: { requestStatusPerDestination: taken.destinations.map((part) => renderStatus(taken, part, isDone)) },
  }
}

function renderStatus(taken: TakenRequest, part: TakenDestination, isDone: boolean): Record<string, unknown> {
  const { destination, records, errors, warnings } = part
  if (!isDone) return { destination, requestStatus: 'PROCESSING' }
  const failed = Object.values(errors).reduce((total, count) => total + count, 0)
  const requestStatus = failed === 0 ? 'SUCCESS' : failed < records ? 'PARTIAL_SUCCESS' : 'FAILED'
  return {
    destination,
    requestStatus,
    ...(failed > 0 ? { errorInfo: { errorCounts: renderCounts(errors) } } : {}),
    ...(Object.keys(warnings).length > 0 ? { warningInfo: { warningCounts: renderCounts(warnings) } } : {}),
    ...renderContent(taken.content, part, records - failed),
  }
}

function renderContent(content: Content, { records, identifiers }: TakenDestination, taken: number): object {
  if (content.what === 'events') return { eventsIngestionStatus: { recordCount: String(records) } }
  const { what, kind } = content
  const counts = { recordCount: String(records), [memberKinds[kind].counted]: String(identifiers) }
  if (what !== 'ingest') return { audienceMembersRemovalStatus: { [`${kind}RemovalStatus`]: counts } }
  const rate = kind === 'userData' ? { uploadMatchRateRange: matchRate(taken) } : {}
  return { audienceMembersIngestionStatus: { [`${kind}IngestionStatus`]: { ...counts, ...rate } } }
}

function renderCounts(counts: Record<string, number>): { recordCount: string; reason: string }[] {
  return Object.entries(counts).map(([reason, count]) => ({ recordCount: String(count), reason }))
}

/** Below this no match rate is told, and no list is large enough to be used. */
export const FEWEST_MEMBERS = 100
/** The share of rows that seems to match, since a sandbox knows nobody. */
export const MATCH_PERCENT = 80

function matchRate(records: number): string {
  return records < FEWEST_MEMBERS ? 'MATCH_RATE_RANGE_NOT_ELIGIBLE' : 'MATCH_RATE_RANGE_71_TO_80'
}
