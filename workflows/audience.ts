import { defineSearchAttributeKey, WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import {
  ActivityFailure,
  ApplicationFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  getExternalWorkflowHandle,
  log,
  ParentClosePolicy,
  setCurrentDetails,
  setDefaultSignalHandler,
  setHandler,
  startChild,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { PlannedDelivery } from '../activities/diff.ts'
import type { AudienceState } from '../activities/read-audience.ts'
import { diff, pauseAudience, readAudience, takeSnapshot } from './activities.ts'
import { type AudienceInput, audienceSignals, queries, searchAttributes, syncSignals, workflowIds } from './names.ts'
import { cyclesPerChain } from './options.ts'
import { sync } from './sync.ts'

const audienceStatus = defineSearchAttributeKey(searchAttributes.audienceStatus, 'KEYWORD')
const lastOutcome = defineSearchAttributeKey(searchAttributes.lastOutcome, 'KEYWORD')
const nextRefreshAt = defineSearchAttributeKey(searchAttributes.nextRefreshAt, 'DATETIME')

/** A refresh that lost its snapshot takes it again, so often in one run. */
const snapshotsPerRun = 5

/**
 * Keeps one audience in step: sleeps until its next refresh or until somebody asks, takes a snapshot, works out what
 * each destination must be told, and starts a sync for each that has something to do. Lives while the audience does.
 */
export async function audience(input: AudienceInput): Promise<void> {
  const { audienceId } = input
  const chain = workflowInfo().firstExecutionRunId
  let wanted = input.wanted ?? false
  let woken = true
  let pause: boolean | undefined
  let outcome = input.outcome ?? 'no run yet'
  let state: AudienceState | undefined
  let cycles = 0
  let cycleNo = input.cycleNo ?? 0

  // Handlers only take notes: people type signals by hand, so whatever comes with them is ignored and nothing is thrown.
  setHandler(
    defineSignal(audienceSignals.instantSync),
    () => {
      if (state?.status === 'paused') log.warn('instant sync ignored: the audience is paused; resume it first')
      else wanted = true
    },
    { description: 'Refresh this audience now and sync what changed.' },
  )
  setHandler(
    defineSignal(audienceSignals.pause),
    () => {
      pause = true
    },
    {
      description: 'Stop refreshing until resumed.',
    },
  )
  setHandler(
    defineSignal(audienceSignals.resume),
    () => {
      pause = false
    },
    { description: 'Refresh again.' },
  )
  setHandler(
    defineSignal(audienceSignals.wake),
    () => {
      woken = true
    },
    { description: 'Read the settings again.' },
  )
  setHandler(
    defineSignal(audienceSignals.deliveryFinished),
    () => {
      woken = true
    },
    {
      description: 'Sent by syncs.',
    },
  )
  setDefaultSignalHandler((name) => log.warn(`signal ignored: there is no signal "${name}"`))
  setHandler(defineQuery(queries.status), () => ({ ...state, outcome, wanted, cycles }))

  for (;;) {
    if (pause !== undefined) {
      const paused = pause
      pause = undefined
      state = await pauseAudience({ audienceId, paused })
      show(state, outcome)
    } else if (woken) {
      woken = false
      state = await readAudience(audienceId)
      show(state, outcome)
    }
    if (state?.ended && !woken) return
    const due = state?.wakeAt !== null && state?.wakeAt !== undefined && state.wakeAt <= Date.now()
    if (state && (wanted || state.requested || due)) {
      const cause = wanted ? 'instant' : state.wakeAt === state.nextRefreshAt ? 'interval' : 'retry'
      wanted = false
      cycles++
      cycleNo++
      const result = await refresh(audienceId, `${chain}:${cycleNo}`, cause, state.name)
      state = result.state
      outcome = result.outcome
      show(state, outcome)
      if (state.ended && !woken) return
      if (state.requested) continue
    }
    if (workflowInfo().continueAsNewSuggested || cycles >= (input.maxCycles ?? cyclesPerChain)) {
      await condition(allHandlersFinished)
      if (pause === undefined) await continueAsNew<typeof audience>({ ...input, wanted, outcome, cycleNo })
    }
    const sleepMs = state?.wakeAt ? Math.max(1, state.wakeAt - Date.now()) : undefined
    const something = () => wanted || woken || pause !== undefined
    if (sleepMs === undefined) await condition(something)
    else await condition(something, sleepMs, { summary: 'until the next refresh' })
  }
}

/** One run: two activities where nothing changed, and a child for each sync with work. */
async function refresh(
  audienceId: string,
  cycle: string,
  cause: 'instant' | 'interval' | 'retry',
  name: string,
): Promise<{ state: AudienceState; outcome: string }> {
  for (let attempt = 1; ; attempt++) {
    const snapshot = await takeSnapshot({ audienceId, cycle, cause }, `${name} · snapshot`)
    if ('idle' in snapshot) return { state: snapshot.idle, outcome: 'nothing refreshed' }
    if ('failed' in snapshot) return { state: snapshot.state, outcome: `failed: ${snapshot.failed}` }
    try {
      const compared = await diff({ audienceId, runId: snapshot.runId }, `${name} · diff`)
      await Promise.all(compared.deliveries.map(startSync))
      return { state: compared.state, outcome: compared.failed ? `failed: ${compared.failed}` : compared.summary }
    } catch (error) {
      if (!isStageLost(error) || attempt >= snapshotsPerRun) throw error
      log.warn('the staged snapshot vanished in a crash of the database: it is taken again')
    }
  }
}

const isStageLost = (error: unknown) =>
  error instanceof ActivityFailure && error.cause instanceof ApplicationFailure && error.cause.type === 'StageLost'

/** A sync runs on its own. One that waits with a held delivery is told of the delivery that takes over. */
async function startSync({ syncId, deliveryId, name }: PlannedDelivery): Promise<void> {
  const workflowId = workflowIds.sync(syncId)
  try {
    await startChild(sync, {
      workflowId,
      args: [{ syncId, deliveryId, name }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      memo: { sync: name },
      staticSummary: name,
    })
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    await getExternalWorkflowHandle(workflowId)
      .signal(syncSignals.supersede, deliveryId)
      .catch(() => log.warn(`${name}: its workflow ended meanwhile; housekeeping starts this delivery`))
  }
}

/** What an operator sees of the audience in the Temporal UI. */
function show(state: AudienceState, outcome: string): void {
  const next = state.nextRefreshAt ? new Date(state.nextRefreshAt) : undefined
  upsertSearchAttributes([
    { key: audienceStatus, value: state.status },
    { key: lastOutcome, value: outcome.slice(0, 200) },
    { key: nextRefreshAt, value: next ?? null },
  ])
  if (workflowInfo().memo?.audience !== state.name) upsertMemo({ audience: state.name })
  setCurrentDetails(
    [
      `**${state.name}** is ${state.status}.`,
      `- Last run: ${outcome}`,
      `- Next refresh: ${next ? next.toISOString() : 'when somebody asks'}`,
      '',
      'Signals: `instantSync`, `pause`, `resume`.',
    ].join('\n'),
  )
}
