// Plain JavaScript with nothing but Node: this runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const project = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** Installs the dependencies when they are missing or older than the lock file. Exits with a sentence when it fails. */
export function installDependencies() {
  const lock = join(project, 'package-lock.json')
  const installed = join(project, 'node_modules/.package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  console.log('Installing dependencies (npm ci) …')
  // Started by npm, its own program is known; else the one on the PATH.
  const npm = process.env.npm_execpath
  const [command, ...args] = npm?.endsWith('.js') ? [process.execPath, npm, 'ci'] : ['npm', 'ci']
  // --include=dev also where NODE_ENV says production: the embedded stack is a development stack.
  const result = spawnSync(command, [...args, '--include=dev'], { cwd: project, stdio: 'inherit' })
  if (result.status === 0) return
  console.error('The dependencies could not be installed: look at what npm says above, then run this again.')
  process.exit(1)
}
