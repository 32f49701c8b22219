import { type Client, isGrpcServiceError } from '@temporalio/client'
import type { temporal } from '@temporalio/proto'
import { type HistoryEvent, msOf, type PendingActivity } from './events.ts'
import type { Chapter } from './tell.ts'

/** One run of a workflow: when it began and, unless it may go on, ended; in ms since the epoch. */
export type Execution = {
  readonly workflowId: string
  readonly runId: string
  readonly startedAt: number
  readonly closedAt: number | null
}

/** Whose history: workflows by id, and those that these started as children. */
export type Scope = { readonly workflowIds: readonly string[]; readonly childrenOf?: string }

/** Temporal's histories, read only. */
export type Histories = {
  /** Runs that began before `before` and ended after `after`, in the order of their ends, latest first. */
  readonly executions: (scope: Scope, range: { before: number; after?: number }) => AsyncIterable<Execution>
  /** The events of a run and what it works on now; undefined when it is gone. */
  readonly read: (execution: Pick<Execution, 'workflowId' | 'runId'>) => Promise<Chapter | undefined>
}

/** Temporal cannot be asked at the moment, or not within the time that a request has. */
export class HistoryUnavailable extends Error {
  constructor(cause: unknown) {
    super("Temporal's history cannot be read at the moment", { cause })
    this.name = 'HistoryUnavailable'
  }
}

const patienceMs = 5_000
const pageSize = 500
/** A step of a workflow that no worker has taken for so long is told. */
const longWaitMs = 20_000
/** Codes of Temporal's API: of gRPC, and the state of a pending workflow task. */
const NOT_FOUND = 5
const SCHEDULED = 1

export function temporalHistories(client: Client): Histories {
  const { namespace } = client.options
  const { workflowService } = client
  /** One question to Temporal; undefined where it says that there is no such run. */
  const ask = async <T>(call: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await client.withDeadline(Date.now() + patienceMs, call)
    } catch (error) {
      if (isGrpcServiceError(error) && error.code === NOT_FOUND && !/namespace/i.test(error.details)) return undefined
      throw new HistoryUnavailable(error)
    }
  }

  async function* executions(scope: Scope, { before, after }: { before: number; after?: number }) {
    const seen = new Set<string>()
    // The list of workflows lags behind: a run that has just begun is found by asking for it.
    const found = scope.workflowIds[0] && (await describe({ workflowId: scope.workflowIds[0] }))?.workflowExecutionInfo
    const latest = found ? executionOf(found) : undefined
    if (latest && latest.startedAt <= before) {
      seen.add(latest.runId)
      yield { ...latest, closedAt: null } // not in the order of ends, so it is taken as going on
    }
    const query = [
      ofScope(scope),
      `StartTime <= '${new Date(before).toISOString()}'`,
      ...(after === undefined
        ? []
        : [`(ExecutionStatus = 'Running' OR CloseTime >= '${new Date(after).toISOString()}')`]),
    ].join(' AND ')
    let nextPageToken: Uint8Array | undefined
    do {
      const page = await ask(() =>
        workflowService.listWorkflowExecutions({ namespace, query, pageSize: 100, nextPageToken }),
      )
      for (const info of page?.executions ?? []) {
        const execution = executionOf(info)
        if (execution && !seen.has(execution.runId)) yield execution
      }
      nextPageToken = page?.nextPageToken?.length ? page.nextPageToken : undefined
    } while (nextPageToken)
  }

  /** What Temporal says of a run now, or of the latest run of a workflow. */
  const describe = (execution: { workflowId: string; runId?: string }) =>
    ask(() => workflowService.describeWorkflowExecution({ namespace, execution }))

  async function read({ workflowId, runId }: Pick<Execution, 'workflowId' | 'runId'>): Promise<Chapter | undefined> {
    // first what is going on, then the events: an activity that ended in between is told as ended
    const now = await describe({ workflowId, runId })
    const events = now && (await eventsOf(workflowId, runId))
    if (!events) return undefined
    const pending = (now.pendingActivities ?? []).map(pendingOf)
    const scheduledAt =
      now.pendingWorkflowTask?.state === SCHEDULED ? msOf(now.pendingWorkflowTask.scheduledTime) : null
    const waitingSince = scheduledAt !== null && scheduledAt < Date.now() - longWaitMs ? scheduledAt : undefined
    return { workflow: typeOf(workflowId), workflowId, runId, events, pending, waitingSince }
  }

  async function eventsOf(workflowId: string, runId: string): Promise<HistoryEvent[] | undefined> {
    const events: HistoryEvent[] = []
    let nextPageToken: Uint8Array | undefined
    do {
      const page = await ask(() =>
        workflowService.getWorkflowExecutionHistory({
          namespace,
          execution: { workflowId, runId },
          maximumPageSize: pageSize,
          nextPageToken,
        }),
      )
      if (!page) return undefined
      events.push(...(page.history?.events ?? []))
      nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined
    } while (nextPageToken)
    return events
  }

  return { executions, read }
}

const typeOf = (workflowId: string) =>
  workflowId.startsWith('audience-') ? 'audience' : workflowId.startsWith('sync-') ? 'sync' : 'settle'

// Ids are made by us, of letters, digits and dashes, so they need no escape.
function ofScope({ workflowIds, childrenOf }: Scope): string {
  const ids = `WorkflowId IN (${workflowIds.map((id) => `'${id}'`).join(', ')})`
  return childrenOf ? `(${ids} OR ParentWorkflowId = '${childrenOf}')` : ids
}

function executionOf(info: temporal.api.workflow.v1.IWorkflowExecutionInfo): Execution | undefined {
  const { workflowId, runId } = info.execution ?? {}
  const startedAt = msOf(info.startTime)
  return workflowId && runId && startedAt !== null
    ? { workflowId, runId, startedAt, closedAt: msOf(info.closeTime) }
    : undefined
}

const STARTED = 2

const pendingOf = (activity: temporal.api.workflow.v1.IPendingActivityInfo): PendingActivity => ({
  activityId: activity.activityId ?? '',
  attempt: activity.attempt ?? 1,
  running: activity.state === STARTED,
  paused: activity.paused ?? false,
  nextAttemptAt: msOf(activity.nextAttemptScheduleTime),
  lastFailure: activity.lastFailure ?? null,
})
