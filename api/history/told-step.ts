import { jsonOf, type PendingActivity } from './events.ts'
import { tellFailure } from './failure.ts'
import { moment } from './line.ts'
import type { Step } from './step.ts'
import type { Group, ToldEvent } from './tell.ts'

/** An activity, however far it has come: its attempts, how it ended, or what it waits for now. */
export function tellStep(
  { opener, later, memory }: Group,
  step: Step | undefined,
  pending: PendingActivity | undefined,
): ToldEvent {
  const scheduled = opener.activityTaskScheduledEventAttributes
  if (!scheduled || !step)
    return { kind: 'step.unknown', message: 'A step that is not known here.', level: 'debug', open: false }
  const kind = `step.${scheduled.activityType?.name}`
  const input = jsonOf(scheduled.input)
  const { clause, about } = step.doing(input)
  const started = later.find((event) => event.activityTaskStartedEventAttributes)?.activityTaskStartedEventAttributes
  const attempts = started?.attempt ?? 1
  const repeated = attempts > 1 ? { attempts } : {}
  const end = later.at(-1)
  const completed = end?.activityTaskCompletedEventAttributes
  if (completed && completed.identity !== started?.identity) {
    return { kind, message: `${clause}: ended by hand, with an answer that no worker gave.`, level: 'warning', about }
  }
  if (completed) {
    const said = step.done(input, jsonOf(completed.result), memory)
    const again = attempts > 1 ? ` It took ${attempts} attempts.` : ''
    return { kind, ...said, message: `${said.message}${again}`, data: { ...said.data, ...repeated } }
  }
  const failed = end?.activityTaskFailedEventAttributes ?? end?.activityTaskTimedOutEventAttributes
  if (failed) {
    const { what } = tellFailure(failed.failure)
    const lost = failed.failure?.applicationFailureInfo?.type === 'StageLost'
    return {
      kind,
      message: `${clause}: ${what}`,
      level: lost ? 'info' : 'warning',
      data: { failure: what, ...repeated },
      about,
    }
  }
  if (end?.activityTaskCanceledEventAttributes) return { kind, message: `${clause}: cancelled.`, data: repeated, about }
  return {
    kind,
    open: true,
    cutShort: `${clause}: cut short, since its workflow ended.`,
    about,
    ...underWay(clause, pending),
  }
}

function underWay(clause: string, pending: PendingActivity | undefined) {
  if (!pending) return { message: `${clause}.` }
  const { attempt, running, paused, nextAttemptAt, lastFailure } = pending
  const failure = lastFailure ? tellFailure(lastFailure) : undefined
  const next = nextAttemptAt !== null && !running ? moment(nextAttemptAt) : null
  const parts = [
    attempt > 1 || failure ? `${clause}: attempt ${attempt}` : clause,
    paused ? ', held up by an operator' : running ? '' : next ? `, to begin at ${next}` : ', waiting for a worker',
    failure ? `. The attempt before: ${failure.what}` : '.',
  ]
  return {
    message: parts.join(''),
    level: paused || (failure && !failure.passes) ? ('warning' as const) : ('info' as const),
    data: { attempt, running, nextAttemptAt: next, ...(failure ? { lastFailure: failure.what } : {}) },
  }
}
