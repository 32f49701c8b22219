import type { Client } from '@temporalio/client'
import { audienceSignals, syncSignals, taskQueue, workflowIds, workflowTypes } from '../workflows/names.ts'

/** All that the API wants of Temporal. Tests put a recorder in its place. */
export type Workflows = {
  /** Signals the audience's workflow, and starts it if it does not live. */
  readonly signalAudience: (
    audience: { readonly id: string; readonly name: string },
    signal: keyof typeof audienceSignals,
  ) => Promise<void>
  readonly signalSync: (syncId: string, signal: keyof typeof syncSignals, ...args: unknown[]) => Promise<void>
  /** Whether Temporal answers, and whether a worker polls our queue. Never throws. */
  readonly ready: () => Promise<{ readonly temporal: boolean; readonly worker: boolean }>
}

/** The port to a real Temporal server. */
export function temporalWorkflows(client: Client): Workflows {
  // A request does not wait for a Temporal server that is away: the wish is stored, and housekeeping follows up.
  const soon = <T>(call: () => Promise<T>) => client.withDeadline(Date.now() + patienceMs, call)
  return {
    async signalAudience({ id, name }, signal) {
      await soon(() =>
        client.workflow.signalWithStart(workflowTypes.audience, {
          workflowId: workflowIds.audience(id),
          taskQueue,
          args: [{ audienceId: id }],
          signal: audienceSignals[signal],
          signalArgs: [],
          memo: { audience: name },
        }),
      )
    },
    async signalSync(syncId, signal, ...args) {
      await soon(() => client.workflow.getHandle(workflowIds.sync(syncId)).signal(syncSignals[signal], ...args))
    },
    async ready() {
      try {
        const queue = await soon(() =>
          client.workflowService.describeTaskQueue({
            namespace: client.options.namespace,
            taskQueue: { name: taskQueue },
            taskQueueType: workflowQueue,
          }),
        )
        return { temporal: true, worker: queue.pollers.length > 0 }
      } catch {
        // Not reachable is the answer to the question that was asked.
        return { temporal: false, worker: false }
      }
    },
  }
}

const patienceMs = 3_000

/** TASK_QUEUE_TYPE_WORKFLOW of Temporal's API. */
const workflowQueue = 1
