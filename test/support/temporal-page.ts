import type { Client, WorkflowHandle } from '@temporalio/client'
import { defaultPayloadConverter } from '@temporalio/common'
import type { temporal } from '@temporalio/proto'

type HistoryEvent = temporal.api.history.v1.IHistoryEvent
type Payload = temporal.api.common.v1.IPayload

/** What the Temporal UI shows as the details of a running workflow, and the signals that it offers. */
export async function shownDetails(handle: WorkflowHandle): Promise<{ text: string; signals: string[] }> {
  const metadata: {
    currentDetails?: string
    definition?: { signalDefinitions?: { name: string; description: string }[] }
  } = await handle.query('__temporal_workflow_metadata')
  return {
    text: metadata.currentDetails ?? '',
    signals: (metadata.definition?.signalDefinitions ?? []).map(({ name }) => name).sort(),
  }
}

/** Every event of every workflow that ever ran in the client's namespace. */
export async function allEvents(client: Client): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = []
  for await (const { workflowId, runId } of client.workflow.list())
    events.push(...((await client.workflow.getHandle(workflowId, runId).fetchHistory()).events ?? []))
  return events
}

/** The lines that the Temporal UI shows for activities and timers; undefined where there is none. */
export const summaries = (events: readonly HistoryEvent[]): (string | undefined)[] =>
  events.flatMap((event) => {
    if (!event.activityTaskScheduledEventAttributes && !event.timerStartedEventAttributes) return []
    const summary = event.userMetadata?.summary
    return [summary ? String(defaultPayloadConverter.fromPayload(summary)) : undefined]
  })

/** A signal as any tool may send it, with payloads that no client of ours would make. */
export async function sendRawSignal(client: Client, workflowId: string, signalName: string, payloads: Payload[]) {
  await client.workflowService.signalWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId },
    signalName,
    input: { payloads },
  })
}
