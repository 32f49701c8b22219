import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { KeptStateError } from './kept-state-error.ts'

/**
 * Makes the folder and takes it for this process; two sandboxes in one folder would write over each other. The returned
 * function gives it back.
 * @throws KeptStateError
 */
export function takeFolder(folder: string): () => void {
  const lock = join(folder, 'sandbox.pid')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const owner = ownerOf(lock)
    if (owner !== undefined) throw new KeptStateError(folder, `the sandbox of process ${owner} has it`)
    writeFileSync(lock, String(process.pid))
  } catch (error) {
    throw error instanceof KeptStateError ? error : new KeptStateError(folder, error)
  }
  return () => rmSync(lock, { force: true })
}

/** The other process that has the folder. The id of one that is dead, or our own from an earlier life, means nothing. */
function ownerOf(lock: string): number | undefined {
  const pid = Number.parseInt(readIfThere(lock), 10)
  if (!(pid > 0) || pid === process.pid) return undefined
  try {
    process.kill(pid, 0)
    return pid
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM' ? pid : undefined
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
