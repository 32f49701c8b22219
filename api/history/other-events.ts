import { z } from 'zod'
import { type HistoryEvent, jsonOf, msOf, timeOf } from './events.ts'
import { moment } from './line.ts'
import type { Group, ToldEvent } from './tell.ts'

/** Temporal's own bookkeeping, which tells nobody anything. */
const quiet = new Set([
  'workflowTaskScheduled',
  'workflowTaskStarted',
  'workflowTaskCompleted',
  'markerRecorded',
  'upsertWorkflowSearchAttributes',
  'workflowPropertiesModified',
])

/** Timers, child workflows, signals to others, and whatever else a history may hold. */
export function tellOther(group: Group, kind: string): ToldEvent | undefined {
  const { opener } = group
  if (quiet.has(kind)) return undefined
  if (opener.timerStartedEventAttributes) return tellTimer(group)
  if (opener.startChildWorkflowExecutionInitiatedEventAttributes) return tellChild(group)
  if (opener.signalExternalWorkflowExecutionInitiatedEventAttributes) return tellSignalToOther(group)
  if (opener.workflowTaskFailedEventAttributes || opener.workflowTaskTimedOutEventAttributes)
    return {
      kind: 'workflow.stuck',
      message: 'The workflow could not go on: its code failed or its worker went away. It is tried again by itself.',
      level: 'warning',
    }
  return { kind: `event.${kind}`, message: 'Something happened that is not told here; see the event.', level: 'debug' }
}

function tellTimer({ opener, later }: Group): ToldEvent {
  const until = moment(timeOf(opener) + (msOf(opener.timerStartedEventAttributes?.startToFireTimeout) ?? 0))
  const end = later.at(-1)
  const message = end?.timerFiredEventAttributes
    ? `Slept until ${until}.`
    : end
      ? `Would have slept until ${until}, and was woken before.`
      : `Sleeps until ${until}.`
  const cutShort = `Would have slept until ${until}, but its workflow ended.`
  return { kind: 'timer', message, level: 'debug', data: { until }, open: !end, cutShort }
}

const delivery = z.object({ deliveryId: z.uuid() })

function tellChild({ opener, later }: Group): ToldEvent {
  const child = opener.startChildWorkflowExecutionInitiatedEventAttributes
  const settle = child?.workflowType?.name === 'settle'
  const input = delivery.safeParse(jsonOf(child?.input))
  const { phrase, level, open } = endOfChild(later, settle ? 'Following the receipts' : 'The delivery')
  const started = later.find((event) => event.childWorkflowExecutionStartedEventAttributes)
  const run = started?.childWorkflowExecutionStartedEventAttributes?.workflowExecution?.runId
  return {
    kind: settle ? 'child.settle' : 'child.sync',
    message: phrase,
    level,
    open,
    data: { childWorkflowId: ours(child?.workflowId), ...(run ? { childRunId: run } : {}) },
    about: {
      ...(input.success ? { delivery: input.data.deliveryId } : {}),
      ...(!settle && child?.workflowId?.startsWith('sync-') ? { sync: child.workflowId.slice('sync-'.length) } : {}),
    },
  }
}

const ours = (workflowId: string | null | undefined) =>
  workflowId && /^(sync|settle)-[0-9a-f-]{36}$/.test(workflowId) ? workflowId : null

function endOfChild(
  later: readonly HistoryEvent[],
  noun: string,
): { phrase: string; level: 'info' | 'warning'; open: boolean } {
  const end = later.at(-1)
  const said = (how: string, level: 'info' | 'warning', open = false) => ({ phrase: `${noun} ${how}.`, level, open })
  if (!end) return said('is being started', 'info', true)
  if (end.startChildWorkflowExecutionFailedEventAttributes)
    return said('was handed to the workflow that runs already', 'info')
  if (end.childWorkflowExecutionStartedEventAttributes) return said('was started', 'info', true)
  if (end.childWorkflowExecutionCompletedEventAttributes) return said('ended', 'info')
  if (end.childWorkflowExecutionTerminatedEventAttributes) return said('was terminated', 'warning')
  if (end.childWorkflowExecutionCanceledEventAttributes) return said('was cancelled', 'warning')
  return said('failed', 'warning')
}

function tellSignalToOther({ later }: Group): ToldEvent {
  const failed = later.at(-1)?.signalExternalWorkflowExecutionFailedEventAttributes
  return {
    kind: 'signal.sent',
    message: failed ? 'A workflow that was to be told of this was not there.' : 'Another workflow was told of this.',
    level: 'debug',
    open: later.length === 0,
  }
}
