import { ApplicationFailure, workflowInfo } from '@temporalio/workflow'

/** Two workflows over the same rows would undo each other's work; the workflow's id is what keeps it to one. */
export function refuseOtherId(expected: string): void {
  if (workflowInfo().workflowId === expected) return
  throw ApplicationFailure.nonRetryable(
    `The id of this workflow must be ${expected}, so that there is only one. The product starts it; nobody else has to.`,
    'WrongWorkflowId',
  )
}
