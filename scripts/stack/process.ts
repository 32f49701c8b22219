import type { ChildProcess } from 'node:child_process'
import { alive } from './process-table.ts'

/** Resolves when the child has ended; at once when it has already. */
export function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return Promise.resolve()
  return new Promise((resolve) => child.once('exit', () => resolve()))
}

/** Asks the child to stop by `signal`, kills it after `graceMs`, and resolves when it has ended. */
export async function stopChild(child: ChildProcess, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  const gone = ended(child)
  child.kill(signal)
  const force = setTimeout(() => child.kill('SIGKILL'), graceMs)
  await gone
  clearTimeout(force)
}

/** Asks until `ask` says yes, or gives up after `timeoutMs` and says no. */
export async function poll(ask: () => boolean | Promise<boolean>, timeoutMs: number, everyMs = 50): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    if (await ask()) return true
    if (performance.now() > deadline) return false
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

/** Stops a process that is no child of ours: `signal` first, SIGKILL after `graceMs`. */
export async function stopStranger(pid: number, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  if (!alive(pid)) return
  process.kill(pid, signal)
  if (await poll(() => !alive(pid), graceMs)) return
  process.kill(pid, 'SIGKILL')
  await poll(() => !alive(pid), graceMs)
}
