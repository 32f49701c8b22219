import { spawnSync } from 'node:child_process'
import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { StartError } from './start-error.ts'

/** How to run PostgreSQL's programs: `command` is put before theirs, `uid` and `gid` are those of the child. */
export type RunAs = { command: string[]; uid?: number; gid?: number }

/**
 * PostgreSQL refuses to run as root. As an ordinary user there is nothing to do; as root it runs as the system's
 * `postgres` or `nobody`, who then owns `dataDir`. Where that user cannot enter the folders on the way (a clone under
 * /root), it runs in a user namespace instead: root to the file system, somebody else to itself.
 * @throws StartError when neither is possible
 */
export function postgresUser(dataDir: string, binary: string): RunAs {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  if (process.getuid?.() !== 0) return { command: [] }

  const user = userId('postgres') ?? userId('nobody')
  const closed = [dataDir, binary].flatMap(foldersAbove).find((folder) => (statSync(folder).mode & 0o001) === 0)
  if (user && !closed) {
    own(dataDir, user.uid, user.gid)
    return { command: [], ...user }
  }
  const namespace = ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--']
  if (spawnSync('unshare', [...namespace.slice(1), 'true']).status === 0) {
    own(dataDir, 0, 0)
    return { command: namespace }
  }
  throw new StartError(
    user
      ? `PostgreSQL cannot run as root, and its user cannot enter ${closed}: run this as an ordinary user, move the project elsewhere, or set DATABASE_URL.`
      : 'PostgreSQL cannot run as root, and this system has no user `postgres` or `nobody`: run this as an ordinary user, or set DATABASE_URL.',
  )
}

function userId(name: string): { uid: number; gid: number } | undefined {
  const [uid, gid] = ['-u', '-g'].map((which) => {
    const answer = spawnSync('id', [which, name], { encoding: 'utf8' })
    return answer.status === 0 ? Number.parseInt(answer.stdout, 10) : Number.NaN
  })
  return uid && gid ? { uid, gid } : undefined
}

function foldersAbove(path: string): string[] {
  const folder = dirname(path)
  return folder === path ? [folder] : [folder, ...foldersAbove(folder)]
}

function own(folder: string, uid: number, gid: number) {
  const now = statSync(folder)
  if (now.uid === uid && now.gid === gid) return
  const chown = spawnSync('chown', ['-R', `${uid}:${gid}`, folder], { encoding: 'utf8' })
  if (chown.status !== 0)
    throw new StartError(`The owner of ${folder} cannot be changed for PostgreSQL: ${chown.stderr}`)
}
