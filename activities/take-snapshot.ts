import { partsFor } from '../db/queries/ledger-table.ts'
import {
  beginRun,
  type ChosenStage,
  chooseStage,
  failRun,
  passDueRefresh,
  readSnapshotPlan,
  readStage,
  rememberSize,
  type SnapshotPlan,
} from '../db/queries/refresh.ts'
import { claimStage, createStage, dropStage, nextStageNo, releaseStage, writeStage } from '../db/queries/stage.ts'
import type { Cause } from '../db/schema/run.ts'
import { SourceFailure } from '../sources/define.ts'
import { alive, triedForMs } from './alive.ts'
import type { Context } from './context.ts'
import { problem, waitFor } from './failure.ts'
import { openMembers } from './members.ts'
import { type AudienceState, readState } from './read-audience.ts'
import { createStager } from './stage-rows.ts'

export type SnapshotInput = { readonly audienceId: string; readonly cycle: string; readonly cause: Cause }

/** `staged` counts members; null where nothing had to be staged. `failed` is our own sentence. */
export type SnapshotResult =
  | { readonly runId: string; readonly staged: number | null }
  | { readonly runId: string; readonly failed: string; readonly state: AudienceState }
  | { readonly idle: AudienceState }

/** Begins the run of a cycle and stages the audience's members for it, once for all its syncs. */
export async function takeSnapshot(context: Context, input: SnapshotInput): Promise<SnapshotResult> {
  const { sql } = context.db
  const state = await readState(context, input.audienceId)
  if (state.ended || state.status === 'paused') return { idle: state }
  const begun = await beginRun(sql, input)
  const runId = begun.id
  if (begun.ended) return begun.problem ? { runId, failed: begun.problem.what, state } : { idle: state }
  await passDueRefresh(sql, input.audienceId, new Date())
  const chosen = await readStage(sql, runId)
  if (chosen) {
    await rememberSize(sql, input.audienceId, chosen.rows)
    return { runId, staged: chosen.rows }
  }
  const plan = await readSnapshotPlan(sql, input.audienceId)
  if (!plan || plan.audience.status === 'archiving' || plan.mappings.length === 0) return { runId, staged: null }
  try {
    const stage = await alive((signal) => stageMembers(context, runId, plan, signal))
    await rememberSize(sql, input.audienceId, stage.rows)
    return { runId, staged: stage.rows }
  } catch (error) {
    if (!(error instanceof SourceFailure)) throw error
    if (error.passes && triedForMs() < context.sourcePatienceMs) throw waitFor(5_000, error.message)
    const told = problem(error.code, error.message, error.whose, error.next)
    await failRun(sql, runId, told, { retry: error.passes })
    return { runId, failed: error.message, state: await readState(context, input.audienceId) }
  }
}

/** One attempt: its own tables under its own number, recorded in one transaction when they are complete. */
async function stageMembers(
  context: Context,
  runId: string,
  plan: SnapshotPlan,
  signal: AbortSignal,
): Promise<ChosenStage> {
  const { sql } = context.db
  const sets = distinctSets(plan.mappings)
  const fields = [...new Set(sets.flat())].sort()
  const session = await sql.reserve()
  const no = await nextStageNo(session)
  try {
    await claimStage(session, no)
    const parts = partsFor(plan.audience.size ?? 0)
    await createStage(session, no, sets.length, parts)
    const stager = createStager({
      keySecret: context.memberKeySecret,
      columns: fields.length,
      sets: sets.map((set) => set.map((field) => fields.indexOf(field))),
    })
    const members = openMembers(context, plan.audience, fields, signal)
    try {
      await writeStage(session, no, stagedRows(members.rows, stager, signal))
    } finally {
      await members.end()
    }
    const mine: ChosenStage = { no, rows: stager.rows, parts, shape: { fields, sets } }
    const chosen = await chooseStage(session, runId, mine)
    if (chosen?.no !== no) await dropStage(sql, no)
    if (!chosen) throw waitFor(1_000, 'the run ended while its snapshot was taken')
    await releaseStage(session, no)
    return chosen
  } catch (error) {
    await dropStage(sql, no).catch(() => {}) // housekeeping drops it when the database cannot now
    throw error
  } finally {
    session.release()
  }
}

async function* stagedRows(
  chunks: AsyncIterable<Buffer>,
  stager: ReturnType<typeof createStager>,
  signal: AbortSignal,
): AsyncIterable<Buffer> {
  for await (const chunk of chunks) {
    signal.throwIfAborted()
    const staged = stager.push(chunk)
    if (staged) yield staged
  }
  yield stager.finish()
}

/** The distinct sets of mapped fields: a fingerprint each. */
export function distinctSets(mappings: readonly Record<string, string>[]): string[][] {
  const sets = new Map(mappings.map((mapping) => [setName(mapping), fieldsOf(mapping)]))
  return [...sets.keys()].sort().map((name) => sets.get(name) ?? [])
}

const fieldsOf = (mapping: Record<string, string>) => [...new Set(Object.values(mapping))].sort()
const setName = (mapping: Record<string, string>) => JSON.stringify(fieldsOf(mapping))

/** Which fingerprint of the stage is of these fields; -1 where none is: the mapping changed since. */
export const setIndex = (sets: readonly (readonly string[])[], mapping: Record<string, string>) =>
  sets.findIndex((set) => JSON.stringify(set) === setName(mapping))
