import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** What Linux tells of processes: seconds of CPU, bytes of memory. Ticks are hundredths of a second on all of its platforms. */
const ticks = 100
const mib = 1024

export type Cpu = { readonly ours: Readonly<Record<string, number>>; readonly all: number; readonly at: number }

/** Seconds of CPU so far: of each of our process trees by name, of this process, and of the whole machine. */
export function cpuNow(roots: Readonly<Record<string, number>>): Cpu {
  const processes = table()
  const ours = Object.fromEntries(
    Object.entries(roots).map(([name, root]) => [name, sumOf(processes, root, new Set(Object.values(roots)))]),
  )
  return { ours: { ...ours, bench: own(processes.get(process.pid)) }, all: machine(), at: performance.now() }
}

export type Spent = {
  readonly ms: number
  /** Seconds of CPU by part. */
  readonly cpu: Readonly<Record<string, number>>
  /** Cores that processes which are not ours used meanwhile. */
  readonly others: number
}

export function spentBetween(before: Cpu, after: Cpu): Spent {
  const ms = after.at - before.at
  const cpu = Object.fromEntries(
    Object.entries(after.ours).map(([name, seconds]) => [name, Math.max(0, seconds - (before.ours[name] ?? 0))]),
  )
  const mine = Object.values(cpu).reduce((sum, seconds) => sum + seconds, 0)
  return { ms, cpu, others: Math.max(0, ((after.all - before.all - mine) * 1000) / ms) }
}

/** Resident memory of a process in MiB: now, and its peak since `resetPeak`. */
export function memoryOf(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) / mib
  return { now: read('VmRSS'), peak: read('VmHWM') }
}

export const resetPeak = (pid: number) => writeFileSync(`/proc/${pid}/clear_refs`, '5')

type Process = { readonly parent: number; readonly seconds: number; readonly ofEnded: number }

function table(): Map<number, Process> {
  const processes = new Map<number, Process>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = readOrEmpty(`/proc/${name}/stat`)
    // "pid (name) state parent …", where the name may hold blanks and parentheses
    const words = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [parent = 0, user = 0, system = 0, endedUser = 0, endedSystem = 0] = [1, 11, 12, 13, 14].map(
      (at) => words[at],
    )
    processes.set(Number(name), {
      parent,
      seconds: (user + system) / ticks,
      ofEnded: (endedUser + endedSystem) / ticks,
    })
  }
  return processes
}

/** A process with all that it started, living or ended; other roots are counted for themselves. */
function sumOf(processes: ReadonlyMap<number, Process>, root: number, roots: ReadonlySet<number>): number {
  const here = processes.get(root)
  if (!here) return 0
  const children = [...processes].filter(([pid, { parent }]) => parent === root && !roots.has(pid))
  return children.reduce((sum, [pid]) => sum + sumOf(processes, pid, roots), here.seconds + here.ofEnded)
}

const own = (process: Process | undefined) => process?.seconds ?? 0

/** user, nice, system, irq, softirq and steal of all cores. */
function machine(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, soft = 0, steal = 0] = (
    readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? ''
  )
    .split(/\s+/)
    .map(Number)
  return (user + nice + system + irq + soft + steal) / ticks
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // the process has ended meanwhile
  }
}
