import { z } from 'zod'
import { identities } from '../../workflows/names.ts'
import { type HistoryEvent, jsonOf } from './events.ts'
import { senderOf } from './sender.ts'
import type { Chapter, ToldEvent } from './tell.ts'

const nouns = {
  audience: "The audience's workflow",
  sync: "The sync's workflow",
  settle: 'Following the receipts',
} as const
const delivery = z.object({ deliveryId: z.uuid() })

/** How a run of a workflow began and ended. What people typed as a reason is not told. */
export function tellExecution({ workflow }: Pick<Chapter, 'workflow'>, event: HistoryEvent): ToldEvent | undefined {
  const noun = nouns[workflow]
  const started = event.workflowExecutionStartedEventAttributes
  if (started) return tellStart(workflow, started)
  const rolled = event.workflowExecutionContinuedAsNewEventAttributes
  if (rolled)
    return {
      kind: 'workflow.continued',
      message: `${noun} goes on in a new run, so that its history stays short.`,
      level: 'debug',
      data: { newRunId: rolled.newExecutionRunId },
    }
  if (event.workflowExecutionCompletedEventAttributes)
    return {
      kind: 'workflow.completed',
      message: `${noun} has ended: it was done.`,
      level: workflow === 'audience' ? 'info' : 'debug',
    }
  const terminated = event.workflowExecutionTerminatedEventAttributes
  if (terminated)
    return {
      kind: 'workflow.terminated',
      message: `${noun} was terminated by ${senderOf(terminated.identity)}. Housekeeping starts it again if it should live.`,
      level: 'warning',
    }
  if (event.workflowExecutionCancelRequestedEventAttributes)
    return {
      kind: 'workflow.cancelRequested',
      message: `${noun} was asked to stop by ${senderOf(event.workflowExecutionCancelRequestedEventAttributes.identity)}.`,
      level: 'warning',
    }
  if (event.workflowExecutionCanceledEventAttributes)
    return { kind: 'workflow.cancelled', message: `${noun} was cancelled.`, level: 'warning' }
  if (event.workflowExecutionFailedEventAttributes)
    return {
      kind: 'workflow.failed',
      message: `${noun} failed; the event in the Temporal UI says why.`,
      level: 'warning',
    }
  if (event.workflowExecutionTimedOutEventAttributes)
    return { kind: 'workflow.timedOut', message: `${noun} ran out of its time.`, level: 'warning' }
  return undefined
}

type Started = NonNullable<HistoryEvent['workflowExecutionStartedEventAttributes']>

function tellStart(workflow: Chapter['workflow'], started: Started): ToldEvent {
  const noun = nouns[workflow]
  const input = delivery.safeParse(jsonOf(started.input))
  const about = input.success ? { delivery: input.data.deliveryId } : {}
  if (started.continuedExecutionRunId)
    return {
      kind: 'workflow.started',
      message: `${noun} goes on from the run before.`,
      level: 'debug',
      data: { continuedFromRunId: started.continuedExecutionRunId },
      about,
    }
  const mended = started.identity === identities.housekeeping && !started.parentWorkflowExecution
  const by = senderOf(started.identity, started.parentWorkflowExecution?.workflowId)
  return {
    kind: 'workflow.started',
    message: mended
      ? `${noun} was started again by housekeeping: it was gone although there was something to do.`
      : `${noun} was started by ${by}.`,
    level: mended ? 'warning' : workflow === 'audience' ? 'info' : 'debug',
    data: mended ? { mended: true } : {},
    about,
  }
}
