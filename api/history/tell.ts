import { audienceSteps } from './audience-steps.ts'
import { deliverySteps } from './delivery-steps.ts'
import { type HistoryEvent, jsonOf, kindOf, numberOf, openerOf, type PendingActivity, timeOf } from './events.ts'
import { tellExecution } from './execution.ts'
import { type About, type Line, moment } from './line.ts'
import { tellOther } from './other-events.ts'
import { senderOf } from './sender.ts'
import { signals, unknownSignal } from './signals.ts'
import type { Memory, Said, Step } from './step.ts'
import { tellStep } from './told-step.ts'

export const steps: Readonly<Record<string, Step>> = { ...audienceSteps, ...deliverySteps }

/** The history of one run of a workflow, from its first event on, with its activities that have not ended. */
export type Chapter = {
  readonly workflow: 'audience' | 'sync' | 'settle'
  readonly workflowId: string
  readonly runId: string
  readonly events: readonly HistoryEvent[]
  readonly pending: readonly PendingActivity[]
  /** Since when its next step waits for a worker, where that is long; in ms since the epoch. */
  readonly waitingSince?: number | undefined
}

export type Told = {
  readonly lines: readonly Line[]
  /** Rows of Postgres that these lines account for: `cycle:…`, `delivery:…`, `started:…`. */
  readonly accounts: ReadonlySet<string>
}

/** An event with those that go on with it or end it. */
export type Group = {
  readonly opener: HistoryEvent
  readonly later: HistoryEvent[]
  /** What the workflow knew when it began. */
  readonly memory: Memory
}

const isSignal = ({ opener }: Group) => Boolean(opener.workflowExecutionSignaledEventAttributes)

/** The snapshot reads whether the audience is paused: it answers what was asked for before it. */
const isSnapshot = ({ opener }: Group) =>
  opener.activityTaskScheduledEventAttributes?.activityType?.name === 'takeSnapshot'

/** Turns a history into lines, a line for each activity, timer, child and signal. Pure; order: as they began. */
export function tell(chapter: Chapter): Told {
  const lines: Line[] = []
  const accounts = new Set<string>()
  const groups = groupsOf(chapter)
  for (const [at, group] of groups.entries()) {
    const snapshot = isSignal(group) ? groups.find((later, place) => place > at && isSnapshot(later)) : undefined
    const line = lineOf(chapter, group, snapshot ? rememberedOf(snapshot) : {})
    if (!line) continue
    lines.push(line)
    if (line.about.cycle) accounts.add(`cycle:${line.about.cycle}`)
    if (line.kind === 'workflow.started') accounts.add(`started:${chapter.runId}`)
    if (chapter.workflow === 'sync' && line.about.delivery) accounts.add(`delivery:${line.about.delivery}`)
  }
  const waiting = lineOfWaiting(chapter)
  return { lines: waiting ? [...lines, waiting] : lines, accounts }
}

/** A workflow whose next step nobody takes: no worker runs, or all are busy. */
function lineOfWaiting(chapter: Chapter): Line | undefined {
  const opener = chapter.events.findLast((event) => event.workflowTaskScheduledEventAttributes)
  if (chapter.waitingSince === undefined || !opener) return undefined
  const since = moment(chapter.waitingSince)
  return {
    ...placeOf(chapter, opener),
    endedAt: null,
    level: 'warning',
    kind: 'workflow.waiting',
    message: `Waiting for a worker since ${since}: see whether the workers run.`,
    data: { since },
    about: {},
  }
}

const placeOf = ({ workflowId, runId }: Chapter, opener: HistoryEvent) => ({
  id: `${runId}:${String(numberOf(opener)).padStart(6, '0')}`,
  at: moment(timeOf(opener)),
  source: 'history' as const,
  workflowId,
  runId,
  eventId: numberOf(opener),
})

/** Groups events by the first of each. */
function groupsOf({ events }: Chapter): Group[] {
  const groups = new Map<number, Group>()
  let known: Memory = {}
  for (const event of events) {
    const opener = openerOf(event)
    const group = opener === undefined ? undefined : groups.get(opener)
    if (group) {
      group.later.push(event)
      known = { ...known, ...rememberedOf(group) }
    } else {
      groups.set(numberOf(event), { opener: event, later: [], memory: known })
    }
  }
  return [...groups.values()]
}

function rememberedOf({ opener, later, memory }: Group): Memory {
  const scheduled = opener.activityTaskScheduledEventAttributes
  const completed = later.at(-1)?.activityTaskCompletedEventAttributes
  const step = steps[scheduled?.activityType?.name ?? '']
  if (!completed || !step) return {}
  return step.done(jsonOf(scheduled?.input), jsonOf(completed.result), memory).remember ?? {}
}

function lineOf(chapter: Chapter, group: Group, answer: Memory): Line | undefined {
  const { opener, later } = group
  const told = say(chapter, group, answer)
  if (!told) return undefined
  const last = later.at(-1)
  const about: About = told.about ?? {}
  const end = told.open ? endOf(chapter.events) : (last ?? opener)
  return {
    ...placeOf(chapter, opener),
    endedAt: end ? moment(timeOf(end)) : null,
    level: told.level ?? 'info',
    kind: told.kind,
    message: told.open && end && told.cutShort ? told.cutShort : told.message,
    data: { ...told.data, ...(last ? { lastEventId: numberOf(last) } : {}) },
    about,
  }
}

/** The event that ended the run, if it has ended. */
const endOf = (events: readonly HistoryEvent[]) =>
  events.findLast(
    (event) =>
      event.workflowExecutionCompletedEventAttributes ??
      event.workflowExecutionFailedEventAttributes ??
      event.workflowExecutionTimedOutEventAttributes ??
      event.workflowExecutionCanceledEventAttributes ??
      event.workflowExecutionTerminatedEventAttributes ??
      event.workflowExecutionContinuedAsNewEventAttributes,
  )

export type ToldEvent = Said & {
  readonly kind: string
  /** It has not ended; `cutShort` is told instead when its workflow has. */
  readonly open?: boolean
  readonly cutShort?: string
}

function say(chapter: Chapter, group: Group, answer: Memory): ToldEvent | undefined {
  const { opener } = group
  const scheduled = opener.activityTaskScheduledEventAttributes
  if (scheduled) {
    const pending = chapter.pending.find(({ activityId }) => activityId === scheduled.activityId)
    return tellStep(group, steps[scheduled.activityType?.name ?? ''], pending)
  }
  const signal = opener.workflowExecutionSignaledEventAttributes
  if (signal) {
    const known = signals[chapter.workflow]
    const name = signal.signalName ?? ''
    const by = senderOf(signal.identity, signal.externalWorkflowExecution?.workflowId)
    return Object.hasOwn(known, name)
      ? { kind: `signal.${name}`, ...(known[name] ?? unknownSignal)(by, answer) }
      : { kind: 'signal.unknown', ...unknownSignal(by, answer) }
  }
  return tellExecution(chapter, opener) ?? tellOther(group, kindOf(opener))
}
