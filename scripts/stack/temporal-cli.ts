import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { StartError } from './start-error.ts'
import { downloadTemporal } from './temporal-download.ts'
import { hasGo, installTemporalByGo } from './temporal-go-install.ts'

export type TemporalCli = { path: string; from: 'TEMPORAL_CLI' | 'PATH' | 'cache' | 'download' | 'go install' }

type Env = Record<string, string | undefined>
type FindOptions = { env: Env; log: (line: string) => void; download?: typeof downloadTemporal }

/**
 * Finds the `temporal` binary, or fetches it: TEMPORAL_CLI, the PATH, our cache, the SDK's own download, `go install`.
 * Says in `log` which one was taken, and what it is doing when it takes long.
 * @throws StartError with what to install, when nothing works
 */
export async function findTemporalCli({ env, log, download = downloadTemporal }: FindOptions): Promise<TemporalCli> {
  const cache = cacheFolder(env)
  const found = fromSetting(env) ?? fromPath(env, log) ?? fromCache(cache)
  if (found) {
    log(`Temporal: ${found.path} (${found.from === 'cache' ? 'from the cache' : `from ${found.from}`}).`)
    return found
  }
  log(`Temporal: there is no \`temporal\` on the PATH or in ${cache}; trying the download of its SDK.`)
  const downloaded = await download(cache, log)
  if (downloaded) {
    log(`Temporal: ${downloaded} (downloaded).`)
    return { path: downloaded, from: 'download' }
  }
  if (!hasGo(env)) {
    throw new StartError(
      'There is no Temporal server to start: its download site cannot be reached and Go is not installed. Install Go 1.25 or newer (it is then built once, in some minutes), or put the `temporal` command line tool on the PATH, or set TEMPORAL_ADDRESS to a server of yours.',
    )
  }
  const built = await installTemporalByGo(cache, env, log)
  log(`Temporal: ${built} (built with Go).`)
  return { path: built, from: 'go install' }
}

/** Folder in which fetched binaries are kept for all copies of the product. */
export function cacheFolder(env: Env): string {
  const home = env.HOME || homedir() || tmpdir()
  return join(env.XDG_CACHE_HOME || join(home, '.cache'), 'audience-sync')
}

function fromSetting(env: Env): TemporalCli | undefined {
  const path = env.TEMPORAL_CLI?.trim()
  if (!path) return undefined
  if (runs(path)) return { path, from: 'TEMPORAL_CLI' }
  throw new StartError(
    `TEMPORAL_CLI is ${JSON.stringify(path)}, which does not run as \`temporal --version\`: give the path of a Temporal command line tool, or unset it to have one found.`,
  )
}

function fromPath(env: Env, log: (line: string) => void): TemporalCli | undefined {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const path = folders.map((folder) => join(folder, 'temporal')).find(isExecutable)
  if (!path) return undefined
  if (runs(path)) return { path, from: 'PATH' }
  log(`Temporal: ${path} does not run, it is passed over.`)
  return undefined
}

// Besides our own `temporal`, what the SDK has downloaded lies here under a name of the SDK's.
function fromCache(cache: string): TemporalCli | undefined {
  const names = existsSync(cache)
    ? readdirSync(cache).filter((name) => /^temporal(-sdk-typescript)?[-\d.]*$/.test(name))
    : []
  const path = names
    .sort()
    .map((name) => join(cache, name))
    .find((file) => isExecutable(file) && runs(file))
  return path ? { path, from: 'cache' } : undefined
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

const runs = (path: string) => spawnSync(path, ['--version'], { timeout: 20_000 }).status === 0
