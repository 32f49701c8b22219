import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { StartError } from './start-error.ts'

const project = resolve(import.meta.dirname, '../..')
const unusedForMs = 14 * 24 * 3_600_000
const sdkVersion: unknown = createRequire(import.meta.url)('@temporalio/worker/package.json').version

/**
 * Bundles `workflows/index.ts` into a file of `folder`, unless one of the same sources and SDK is there already.
 * It runs in a process of its own: the bundler would cost the worker a hundred megabytes for the rest of its life.
 * @returns the path of the bundle, for `WORKFLOW_BUNDLE`
 * @throws StartError with the bundler's words
 */
export async function bundleWorkflows(folder: string, sources = join(project, 'workflows')): Promise<string> {
  const file = join(resolve(folder), `workflows-${fingerprint(sources)}.js`)
  if (existsSync(file)) {
    utimesSync(file, new Date(), new Date())
    return file
  }
  const child = spawn(process.execPath, ['--import', 'tsx', import.meta.filename, file, sources], {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: project,
  })
  let words = ''
  child.stderr.on('data', (chunk) => {
    words += chunk
  })
  const code = await new Promise((resolve) => child.once('close', resolve).once('error', () => resolve(-1)))
  if (code === 0) return file
  throw new StartError(`The workflows cannot be bundled: ${complaint(words) || `exit code ${code}`}`)
}

// webpack prints its inventory first and a stack of its own afterwards.
function complaint(words: string): string {
  const from = Math.max(words.indexOf('ERROR in'), 0)
  const lines = words.slice(from).trim().split('\n')
  return lines
    .filter((line) => !line.startsWith('    at '))
    .slice(0, 12)
    .join('\n')
}

function fingerprint(sources: string): string {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((name) => /\.[cm]?[jt]s$/.test(name))
  const hash = createHash('sha256').update(`${sdkVersion}\0`)
  for (const name of files.sort())
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(sources, name)))
      .update('\0')
  return hash.digest('hex').slice(0, 16)
}

async function bundleInto(file: string, sources: string): Promise<void> {
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker')
  const logger = new DefaultLogger('WARN')
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(sources, 'index.ts'),
    payloadConverterPath: join(project, 'workflows/payload-converter.ts'),
    logger,
  })
  const folder = join(file, '..')
  mkdirSync(folder, { recursive: true })
  // Renamed when whole: whoever starts at the same moment reads a bundle or makes one, never half of one.
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, code)
  renameSync(draft, file)
  // By age since the last use: another checkout on this machine may be running one that is not the newest.
  for (const name of readdirSync(folder)) {
    const other = join(folder, name)
    if (Date.now() - statSync(other).mtimeMs > unusedForMs) rmSync(other, { force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [, , file = '', sources = ''] = process.argv
  await bundleInto(file, sources)
}
