import { spawn } from 'node:child_process'

/**
 * Sends `signal` to process `pid` when this process is gone, however it went (also by `kill -9`), so that no server
 * outlives its supervisor. The returned function ends the guard.
 *
 * The guard is a shell that reads from a pipe which only the death of this process closes. It stands in a process
 * group of its own, since Ctrl-C reaches the whole foreground group.
 */
export function guard(pid: number, signal: 'TERM' | 'INT'): () => void {
  const shell = spawn('/bin/sh', ['-c', 'read -r _; kill -s "$1" "$2" 2>/dev/null', 'guard', signal, String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  shell.on('error', () => {}) // no shell, no guard: the next start still cleans up
  shell.unref()
  const { stdin } = shell
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
  return () => shell.kill('SIGKILL')
}
