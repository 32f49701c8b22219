import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { guard } from './guard.ts'
import { say } from './output.ts'
import { ended, stopChild } from './process.ts'

export type ServiceOptions = {
  /** The name before its lines. */
  name: string
  /** TypeScript file, relative to the project, and its arguments. */
  script: string
  args?: readonly string[]
  env: Record<string, string | undefined>
  /** How long an orderly stop may take before it is killed. */
  graceMs: number
}

export type Service = { stop(): Promise<void>; kill(): void }

const project = join(import.meta.dirname, '../..')
const firstPauseMs = 1_000
const longestPauseMs = 30_000
/** Who lived this long was well: the next crash starts with a short pause again. */
const healthyMs = 60_000

/** Runs a script of ours as a child process, shows its lines, and starts it again when it ends without being asked. */
export function startService({ name, script, args = [], env, graceMs }: ServiceOptions): Service {
  let stopping = false
  let child: ChildProcess
  let release = () => {}
  let pause = firstPauseMs
  let again: NodeJS.Timeout | undefined

  const start = () => {
    const startedAt = performance.now()
    // A process group of its own: Ctrl-C reaches the supervisor alone, which stops its parts in order.
    const started = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
      cwd: project,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    child = started
    for (const stream of [started.stdout, started.stderr])
      createInterface({ input: stream }).on('line', (line) => say(name, line))
    if (started.pid !== undefined) release = guard(started.pid, 'TERM')
    void ended(started).then(() => {
      release()
      if (stopping) return
      if (performance.now() - startedAt > healthyMs) pause = firstPauseMs
      const how = started.signalCode ?? `exit code ${started.exitCode}`
      say(name, `It ended unexpectedly (${how}); starting it again in ${pause / 1000} s.`)
      again = setTimeout(start, pause)
      pause = Math.min(pause * 2, longestPauseMs)
    })
  }
  start()

  const end = (how: () => void | Promise<void>) => {
    stopping = true
    clearTimeout(again)
    return how()
  }
  return {
    stop: async () => end(() => stopChild(child, 'SIGTERM', graceMs)),
    kill: () => void end(() => void child.kill('SIGKILL')),
  }
}
