import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import {
  ActivityFailure,
  ApplicationFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  ParentClosePolicy,
  patched,
  setHandler,
  startChild,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow'
import type { PlannedDelivery } from '../activities/diff.ts'
import type { AudienceState } from '../activities/read-audience.ts'
import { diff, failRefresh, pauseAudience, readAudience, takeSnapshot } from './activities.ts'
import { showAudience } from './audience-view.ts'
import { type AudienceInput, audienceSignals, queries, syncSignals, workflowIds } from './names.ts'
import { refuseOtherId } from './only-one.ts'
import { cyclesPerChain } from './options.ts'
import { reasonOf } from './reason.ts'
import { sync } from './sync.ts'
import { tellUnknownSignals } from './unknown-signals.ts'

/** A refresh that lost its snapshot takes it again, so often in one run. */
const snapshotsPerRun = 5

/**
 * What the workflow last read may be older than the wish: whether the audience is paused is for the snapshot to say, which
 * reads Postgres. Chains that began before go the old way, by what they last read.
 */
const judgedAfresh = 'instant-sync-judged-afresh'
const ignoredWhilePaused = 'instant sync ignored: the audience is paused; resume it first'

/**
 * Keeps one audience in step: sleeps until its next refresh or until somebody asks, takes a snapshot, works out what
 * each destination must be told, and starts a sync for each that has something to do. Lives while the audience does.
 */
export async function audience(input: AudienceInput): Promise<void> {
  refuseOtherId(workflowIds.audience(input?.audienceId))
  const { audienceId } = input
  const chain = workflowInfo().firstExecutionRunId
  let wanted = input.wanted ?? false
  let woken = true
  let pause: boolean | undefined
  let outcome = input.outcome ?? 'no run yet'
  let ranAt = input.ranAt
  let state: AudienceState | undefined
  let cycles = 0
  let cycleNo = input.cycleNo ?? 0
  let shownName = ''
  const show = (now: AudienceState) => {
    showAudience(now, { outcome, ranAt, nameChanged: now.name !== shownName })
    shownName = now.name
  }

  // Handlers only take notes: people type signals by hand, so whatever comes with them is ignored and nothing is thrown.
  setHandler(
    defineSignal(audienceSignals.instantSync),
    () => {
      if (state?.status === 'paused' && !patched(judgedAfresh)) log.warn(ignoredWhilePaused)
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
  tellUnknownSignals()
  setHandler(defineQuery(queries.status), () => ({ ...state, outcome, wanted, cycles }))

  for (;;) {
    if (pause !== undefined) {
      const paused = pause
      pause = undefined
      woken = false
      state = await pauseAudience({ audienceId, paused }, `${nameOf(state)} · ${paused ? 'pause' : 'resume'}`)
      show(state)
    } else if (woken || !state) {
      woken = false
      state = await readAudience(audienceId, `${nameOf(state)} · settings`)
      show(state)
    }
    if (state.status === 'paused' && wanted && !patched(judgedAfresh)) {
      wanted = false
      log.warn(ignoredWhilePaused)
    }
    if (!state.ended && isDue(state, wanted)) {
      const cause = wanted ? 'instant' : state.wakeAt === state.nextRefreshAt ? 'interval' : 'retry'
      wanted = false
      cycles++
      cycleNo++
      const startedAt = Date.now()
      const result = await refresh(audienceId, `${chain}:${cycleNo}`, cause, state.name)
      state = result.state
      if (result.outcome !== undefined) {
        outcome = result.outcome
        ranAt = startedAt
      } else if (cause === 'instant' && state.status === 'paused') log.warn(ignoredWhilePaused)
      show(state)
    }
    if (state.ended) {
      // whoever signalled while it was about to end may have begun it again
      if (!wanted && !woken && pause === undefined) return
      wanted = false
      woken = true
      continue
    }
    if (workflowInfo().continueAsNewSuggested || cycles >= (input.maxCycles ?? cyclesPerChain)) {
      await condition(allHandlersFinished)
      if (pause === undefined) await continueAsNew<typeof audience>({ ...input, wanted, outcome, ranAt, cycleNo })
    }
    if (isDue(state, wanted)) continue
    const sleepMs = state.wakeAt === null ? undefined : Math.max(1, state.wakeAt - Date.now())
    const something = () => wanted || woken || pause !== undefined
    if (sleepMs === undefined) await condition(something)
    else await condition(something, sleepMs, { summary: sleepSummary(state) })
  }
}

/** Before the settings have been read, the name that whoever started the workflow gave it. */
const nameOf = (state: AudienceState | undefined) =>
  state?.name ?? String(workflowInfo().memo?.audience ?? 'the audience')

const isDue = (state: AudienceState, wanted: boolean) =>
  wanted || state.requested || (state.wakeAt !== null && state.wakeAt <= Date.now())

const sleepSummary = (state: AudienceState) =>
  state.wakeAt === state.nextRefreshAt ? 'until the next refresh' : 'until a sync is tried again'

type Refreshed = {
  readonly state: AudienceState
  /** How it went, in a few words; none where nothing was refreshed. */
  readonly outcome: string | undefined
}

/** A run always ends with a reason: a step that fails for good fails the run, never the workflow. */
async function refresh(audienceId: string, cycle: string, cause: Cause, name: string): Promise<Refreshed> {
  try {
    return await run(audienceId, cycle, cause, name)
  } catch (error) {
    if (isCancellation(error) || !(error instanceof TemporalFailure)) throw error
    const reason = error instanceof ActivityFailure ? reasonOf(error) : error.message
    log.error('the run failed', { reason })
    const state = await failRefresh({ audienceId, cycle, reason }, `${name} · the run failed`)
    return { state, outcome: `failed: ${reason}` }
  }
}

type Cause = 'instant' | 'interval' | 'retry'

/** One run: two activities where nothing changed, and a child for each sync with work. */
async function run(audienceId: string, cycle: string, cause: Cause, name: string): Promise<Refreshed> {
  for (let attempt = 1; ; attempt++) {
    const snapshot = await takeSnapshot({ audienceId, cycle, cause }, `${name} · snapshot`)
    if ('idle' in snapshot) return { state: snapshot.idle, outcome: undefined }
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
