import { type Cpu, cpuNow, type Spent, spentBetween } from './cost.ts'

/** What others may use, in cores, for a measurement to begin and for it to count. */
const quiet = 0.12
const disturbed = 0.25
const longestWaitMs = 10_000

export type Roots = Readonly<Record<string, number>>

/** One measurement, with the two readings of the floor around it. */
export type Round<T> = {
  readonly result: T
  readonly spent: Spent
  /** Of the two floors, the mean in milliseconds. */
  readonly floorMs: number
  readonly floorCpu: number
  /** Cores that others used, the most in work and floors. */
  readonly others: number
}

/**
 * Measures `work` between readings of the floor: floor, work, floor, work, floor. Rounds in which others used much of
 * the machine are repeated, two at most; if it never was quiet the least disturbed ones count.
 */
export async function measure<T>(
  roots: Roots,
  rounds: number,
  floor: () => Promise<void>,
  work: (round: number) => Promise<T>,
  prepare: (round: number) => Promise<void> = async () => {},
): Promise<Round<T>[]> {
  const done: Round<T>[] = []
  for (let round = 0; round < rounds + 2; round++) {
    if (done.filter(({ others }) => others <= disturbed).length >= rounds) break
    await prepare(round)
    await waitUntilQuiet(roots)
    const before = await timed(roots, floor)
    const during = await timed(roots, () => work(round))
    const after = await timed(roots, floor)
    done.push({
      result: during.result,
      spent: during.spent,
      floorMs: (before.spent.ms + after.spent.ms) / 2,
      floorCpu: (total(before.spent) + total(after.spent)) / 2,
      others: Math.max(before.spent.others, during.spent.others, after.spent.others),
    })
  }
  return done.sort((a, b) => a.others - b.others).slice(0, rounds)
}

export async function timed<T>(roots: Roots, work: () => Promise<T>): Promise<{ result: T; spent: Spent }> {
  const before = cpuNow(roots)
  const result = await work()
  return { result, spent: spentBetween(before, cpuNow(roots)) }
}

async function waitUntilQuiet(roots: Roots): Promise<void> {
  const until = performance.now() + longestWaitMs
  for (let before: Cpu = cpuNow(roots); performance.now() < until; ) {
    await new Promise((resolve) => setTimeout(resolve, 500))
    const now = cpuNow(roots)
    if (spentBetween(before, now).others < quiet) return
    before = now
  }
}

export const total = ({ cpu }: Spent) => Object.values(cpu).reduce((sum, seconds) => sum + seconds, 0)

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}
