import {
  deliveriesForLog,
  type LogRow,
  type LogSubject,
  latestDeliveries,
  runsForLog,
  syncNames,
} from '../../db/queries/log.ts'
import { workflowIds } from '../../workflows/names.ts'
import type { Deps } from '../deps.ts'
import type { Line } from '../history/line.ts'
import { type Told, tell } from '../history/tell.ts'
import type { Execution, Scope } from '../history/temporal.ts'
import { join } from './join.ts'
import type { Facts } from './rows.ts'

export type LogDeps = Pick<Deps, 'db' | 'histories' | 'log'>

/** The histories of an audience's or a sync's workflows, each read once, completed by rows of Postgres. */
export type Book = {
  /** Runs that had begun before a moment, in the order of their ends, latest first. */
  readonly executions: (before: number) => AsyncIterable<Execution>
  readonly read: (execution: Execution) => Promise<Told>
  /** Whether some history that still exists accounts for a row. */
  readonly accountsFor: (row: LogRow) => Promise<boolean>
  readonly names: () => Promise<Facts['names']>
}

/** Clocks of two servers differ a little. */
const slackMs = 60_000
/** Receipts that housekeeping found unfollowed have a workflow without a parent: it is looked for by its id. */
const settlingsByName = 50

export function openBook({ db, histories }: LogDeps, of: LogSubject): Book {
  const { sql } = db
  const told = new Map<string, Promise<Told>>()
  const main = of.syncId ? workflowIds.sync(of.syncId) : workflowIds.audience(of.audienceId)
  let named: Promise<Facts['names']> | undefined
  const names = () => {
    named ??= syncNames(sql, of.audienceId)
    return named
  }

  async function scopeAt(before: number): Promise<Scope> {
    if (!of.syncId) return { workflowIds: [main] }
    const deliveries = await latestDeliveries(sql, of.syncId, new Date(before).toISOString(), settlingsByName)
    return { workflowIds: [main, ...deliveries.map(workflowIds.settle)], childrenOf: main }
  }

  async function* executions(before: number): AsyncIterable<Execution> {
    yield* histories.executions(await scopeAt(before), { before })
  }

  async function readAndJoin(execution: Execution): Promise<Told> {
    const chapter = await histories.read(execution)
    if (!chapter) return { lines: [], accounts: new Set() }
    const { lines, accounts } = tell(chapter)
    const facts = await factsFor(lines)
    return { lines: lines.map((line) => join(line, facts)), accounts }
  }

  async function factsFor(lines: readonly Line[]): Promise<Facts> {
    const about = lines.map((line) => line.about)
    const runs = await runsForLog(sql, {
      cycles: about.flatMap(({ cycle }) => cycle ?? []),
      ids: about.flatMap(({ run }) => run ?? []),
    })
    const deliveries = await deliveriesForLog(sql, {
      ids: about.flatMap(({ delivery }) => delivery ?? []),
      runIds: runs.map(({ id }) => id),
    })
    return { runs, deliveries, names: await names() }
  }

  function read(execution: Execution): Promise<Told> {
    const found = told.get(execution.runId) ?? readAndJoin(execution)
    told.set(execution.runId, found)
    return found
  }

  async function accountsFor({ kept, from, until }: LogRow): Promise<boolean> {
    if (kept === null) return false
    for (const chapter of told.values()) if ((await chapter).accounts.has(kept)) return true
    const range = { before: (until?.getTime() ?? Date.now()) + slackMs, after: from.getTime() - slackMs }
    for await (const execution of histories.executions({ workflowIds: [main] }, range))
      if ((await read(execution)).accounts.has(kept)) return true
    return false
  }

  return { executions, read, accountsFor, names }
}
