import type { temporal } from '@temporalio/proto'

export type HistoryEvent = temporal.api.history.v1.IHistoryEvent
export type Failure = temporal.api.failure.v1.IFailure
type Payloads = temporal.api.common.v1.IPayloads | null | undefined

/** An activity that has not ended, as Temporal describes it now: its attempts are no events. */
export type PendingActivity = {
  readonly activityId: string
  readonly attempt: number
  readonly running: boolean
  readonly paused: boolean
  readonly nextAttemptAt: number | null
  readonly lastFailure: Failure | null
}

export const numberOf = (event: HistoryEvent) => Number(String(event.eventId ?? 0))
export const timeOf = (event: HistoryEvent) => msOf(event.eventTime) ?? 0

/** A timestamp or a duration in milliseconds. */
export function msOf(
  at: { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined,
): number | null {
  return at ? Number(String(at.seconds ?? 0)) * 1000 + Math.floor((at.nanos ?? 0) / 1e6) : null
}

/** What kind of event it is, such as `activityTaskScheduled`, by the attributes that it carries. */
export function kindOf(event: HistoryEvent): string {
  const key = Object.entries(event).find(([name, value]) => name.endsWith(suffix) && value != null)?.[0]
  return key ? key.slice(0, -suffix.length) : 'unknown'
}

const suffix = 'EventAttributes'
const largest = 256 * 1024

/** The first value of a payload, or undefined where it is not JSON of ours: people can put anything into a history. */
export function jsonOf(payloads: Payloads): unknown {
  const payload = payloads?.payloads?.[0]
  const encoding = payload?.metadata?.encoding
  if (!payload?.data || !encoding || payload.data.length > largest) return undefined
  if (text(encoding) !== 'json/plain') return undefined
  try {
    return JSON.parse(text(payload.data))
  } catch {
    return undefined // what cannot be read is told as that by whoever asked for it
  }
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8')

/** The number of the event that opened what this event goes on with or ends: an activity, a timer, a child, a signal. */
export function openerOf(event: HistoryEvent): number | undefined {
  const id =
    event.activityTaskStartedEventAttributes?.scheduledEventId ??
    event.activityTaskCompletedEventAttributes?.scheduledEventId ??
    event.activityTaskFailedEventAttributes?.scheduledEventId ??
    event.activityTaskTimedOutEventAttributes?.scheduledEventId ??
    event.activityTaskCanceledEventAttributes?.scheduledEventId ??
    event.activityTaskCancelRequestedEventAttributes?.scheduledEventId ??
    event.timerFiredEventAttributes?.startedEventId ??
    event.timerCanceledEventAttributes?.startedEventId ??
    event.startChildWorkflowExecutionFailedEventAttributes?.initiatedEventId ??
    event.childWorkflowExecutionStartedEventAttributes?.initiatedEventId ??
    event.childWorkflowExecutionCompletedEventAttributes?.initiatedEventId ??
    event.childWorkflowExecutionFailedEventAttributes?.initiatedEventId ??
    event.childWorkflowExecutionCanceledEventAttributes?.initiatedEventId ??
    event.childWorkflowExecutionTimedOutEventAttributes?.initiatedEventId ??
    event.childWorkflowExecutionTerminatedEventAttributes?.initiatedEventId ??
    event.externalWorkflowExecutionSignaledEventAttributes?.initiatedEventId ??
    event.signalExternalWorkflowExecutionFailedEventAttributes?.initiatedEventId
  return id === null || id === undefined ? undefined : Number(String(id))
}
