import { mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { alive, commandOf } from './process-table.ts'
import { codeOf, StartError } from './start-error.ts'

const neededBytes = 500_000_000
const scarceBytes = 100_000_000

/**
 * Makes the folder, checks that it can be written and has room, and takes it for this process. The returned function
 * gives it back.
 * @throws StartError
 */
export function takeDataFolder(folder: string): () => void {
  const lock = join(folder, 'supervisor.pid')
  try {
    mkdirSync(folder, { recursive: true })
    const owner = ownerOf(lock)
    if (owner !== undefined) {
      throw new StartError(
        `Another copy already runs with the data in ${folder} (process ${owner}): stop it first, or give this one its own DATA_DIR, PORT, SANDBOX_PORT and TEMPORAL_UI_PORT.`,
      )
    }
    writeFileSync(lock, String(process.pid))
  } catch (error) {
    if (error instanceof StartError) throw error
    throw new StartError(`The data folder ${folder} cannot be written (${codeOf(error)}): ${remedyOf(codeOf(error))}`)
  }
  const free = freeBytes(folder)
  if (free < neededBytes) {
    rmSync(lock, { force: true })
    throw new StartError(
      `The disk of ${folder} has only ${megabytes(free)} MB left and ${neededBytes / 1e6} MB are needed: free some space or choose another DATA_DIR.`,
    )
  }
  return () => rmSync(lock, { force: true })
}

/**
 * Says so when the disk of the folder is nearly full, and again when it no longer is: the embedded servers would only
 * stand still. The returned function ends the watch.
 */
export function watchDisk(
  folder: string,
  log: (line: string) => void,
  { everyMs = 15_000, free = freeBytes }: { everyMs?: number; free?: (folder: string) => number } = {},
): () => void {
  let scarce = false
  const timer = setInterval(() => {
    const bytes = free(folder)
    if (bytes < scarceBytes && !scarce)
      log(
        `The disk of ${folder} has only ${megabytes(bytes)} MB left: free some space, or everything stands still until there is some.`,
      )
    if (bytes >= scarceBytes && scarce) log(`The disk of ${folder} has room again.`)
    scarce = bytes < scarceBytes
  }, everyMs)
  return () => clearInterval(timer)
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

const megabytes = (bytes: number) => Math.round(bytes / 1e6)

const remedyOf = (code: string | undefined) =>
  code === 'ENOSPC'
    ? 'free some space or choose another DATA_DIR.'
    : 'give this user the right to write there or choose another DATA_DIR.'

function ownerOf(lock: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(lock, 'utf8'), 10)
    // After a crash the id may belong to anybody: only a supervisor counts.
    return pid !== process.pid && alive(pid) && /start\.m?[jt]s/.test(commandOf(pid)) ? pid : undefined
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}
