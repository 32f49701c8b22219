import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../../scripts/stack/postgres.ts'
import { giveLastingPort } from '../support/lasting-port.ts'
import { makeTemplate } from '../support/shared-servers.ts'
import { type History, makeHistory } from './history.ts'
import { play, prepare } from './play.ts'
import type { Scene } from './scene.ts'
import { startTally, type Tally } from './tally.ts'
import { timelineOf } from './timeline.ts'
import { openWorld, steadily, type World } from './world.ts'

export type TruthOptions = {
  readonly seed: string
  /** How many histories, from number 1 on; or just these. */
  readonly histories: number
  readonly only?: readonly number[]
  readonly aim?: string
  /** So many share a deployment. */
  readonly together?: number
  readonly temporalAddress: string
  readonly workflowBundle: string
  readonly log: (line: string) => void
  /** Stop at the first divergence. */
  readonly first?: boolean
}

export type Truth = {
  readonly divergences: readonly { readonly history: number; readonly text: string }[]
  readonly tally: Tally
}

/** Plays histories against deployments on a PostgreSQL of their own, which may be killed, and compares. */
export async function seekTruth(options: TruthOptions): Promise<Truth> {
  const { histories, only, together = 10, log } = options
  const numbers = only ?? Array.from({ length: histories }, (_, at) => at + 1)
  const tally = startTally()
  const divergences: { history: number; text: string }[] = []
  const folder = mkdtempSync(join(tmpdir(), 'audience-sync-truth-'))
  await giveLastingPort(join(folder, 'postgres'))
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), log: () => {}, durable: false })
  try {
    await makeTemplate(postgres.url)
    for (let from = 0; from < numbers.length; from += together) {
      const group = numbers.slice(from, from + together)
      const world = await openWorld({ ...options, postgresUrl: postgres.url }, postgres, tally)
      try {
        divergences.push(...(await playTogether(world, options, group)))
      } finally {
        await world.close()
      }
      log(`${Math.min(from + together, numbers.length)} of ${numbers.length} histories, ${divergences.length} diverged`)
      if (options.first && divergences.length > 0) break
    }
  } finally {
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return { divergences, tally }
}

async function playTogether(world: World, { seed, aim, log }: TruthOptions, numbers: readonly number[]) {
  const stages: { number: number; history: History; scene: Scene }[] = []
  for (const number of numbers)
    stages.push({ number, history: makeHistory(seed, number, aim), scene: await prepare(world, number) })
  const found = await Promise.all(
    stages.map(async ({ number, history, scene }) => {
      const text = await divergenceOf(world, scene, history)
      world.tally.count('histories', text ? 'diverged' : 'in step')
      if (!text) return []
      log(`history ${number} of seed ${seed} diverged\n${text}`)
      return [{ history: number, text }]
    }),
  )
  const left = found.flat().length > 0 ? [] : await leftTables(world)
  for (const text of left) log(text)
  return [...found.flat(), ...left.map((text) => ({ history: 0, text }))]
}

/** What is wrong in the end, or went wrong on the way: the others play on in the same world, so nothing is thrown. */
async function divergenceOf(world: World, scene: Scene, history: History): Promise<string | undefined> {
  try {
    const outcome = await play(world, scene, history)
    if (outcome.diverged.length === 0) return undefined
    return await steadily(() => timelineOf(world, outcome))
  } catch (error) {
    return `DIVERGENCE  the history could not be played: ${error instanceof Error ? error.stack : error}`
  }
}

/** After housekeeping no table of a snapshot or a plan is left: they hold raw rows. */
async function leftTables(world: World): Promise<string[]> {
  const deadline = performance.now() + 30_000
  for (;;) {
    await world.housekeep()
    await new Promise((done) => setTimeout(done, 1_000))
    const rows = await world.sql<{ name: string }[]>`
      select relname as name from pg_class where relname ~ '^(stage|plan)_\d+' and relkind in ('r', 'p')`
    if (rows.length === 0) return []
    if (performance.now() > deadline)
      return [`tables are left after housekeeping: ${rows.map(({ name }) => name).join(', ')}`]
  }
}
