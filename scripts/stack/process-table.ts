import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

// /proc first: slim containers have no `ps`.
const hasProc = existsSync('/proc/self/stat')

/** Whether a process of this id lives (it may belong to somebody else). One that nobody has buried yet does not. */
export function alive(pid: number): boolean {
  if (hasProc) return !['', 'Z', 'X'].includes(statOf(pid).state)
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** The command line of a process, empty when there is none of this id. */
export function commandOf(pid: number): string {
  if (!hasProc) return ps('-o', 'args=', '-p', String(pid))
  return readOrEmpty(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')
}

/** The ids of the direct children of a process. */
export function childrenOf(pid: number): number[] {
  return allProcesses().flatMap((row) => (row.parent === pid ? [row.pid] : []))
}

function allProcesses(): { pid: number; parent: number }[] {
  if (!hasProc) {
    const rows = ps('-A', '-o', 'pid=,ppid=').trim().split('\n')
    return rows.map((row) => row.trim().split(/\s+/).map(Number)).map(([pid = 0, parent = 0]) => ({ pid, parent }))
  }
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return ids.map((id) => ({ pid: Number(id), parent: statOf(Number(id)).parent }))
}

// "pid (name) state parent …", where the name may hold blanks and parentheses.
function statOf(pid: number): { state: string; parent: number } {
  const stat = readOrEmpty(`/proc/${pid}/stat`)
  const [state = '', parent = '0'] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { state, parent: Number(parent) }
}

const ps = (...args: string[]) => spawnSync('ps', args, { encoding: 'utf8' }).stdout ?? ''

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // the process has ended meanwhile
  }
}
