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
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { StartError } from './start-error.ts'

const project = resolve(import.meta.dirname, '../..')
const unusedForMs = 14 * 24 * 3_600_000

/**
 * Builds the console into a folder of `folder`, unless one of the same sources and dependencies is there already. Files
 * under `assets/` lie there compressed too.
 * @returns the path of the built console, for `CONSOLE_BUNDLE`
 * @throws StartError with the bundler's words
 */
export async function bundleConsole(folder: string, sources = join(project, 'console')): Promise<string> {
  const built = join(resolve(folder), `console-${fingerprint(sources)}`)
  if (existsSync(built)) {
    utimesSync(built, new Date(), new Date())
    return built
  }
  const draft = `${built}.${process.pid}`
  await build(sources, draft)
  compress(join(draft, 'assets'))
  keepWhole(draft, built)
  sweep(folder)
  return built
}

async function build(sources: string, draft: string): Promise<void> {
  const vite = [join(project, 'node_modules/vite/bin/vite.js'), 'build', sources, '--outDir', draft, '--emptyOutDir']
  const child = spawn(process.execPath, [...vite, '--logLevel', 'warn'], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let words = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      words += chunk
    })
  const code = await new Promise((done) => child.once('close', done).once('error', () => done(-1)))
  if (code === 0) return
  rmSync(draft, { recursive: true, force: true })
  throw new StartError(`The console cannot be built: ${words.trim() || `exit code ${code}`}`)
}

function compress(assets: string): void {
  for (const name of readdirSync(assets)) {
    const file = join(assets, name)
    const plain = readFileSync(file)
    writeFileSync(`${file}.br`, brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }))
    writeFileSync(`${file}.gz`, gzipSync(plain, { level: 9 }))
  }
}

// Renamed when whole: whoever builds at the same moment finds all of it, or their own is thrown away.
function keepWhole(draft: string, built: string): void {
  mkdirSync(join(built, '..'), { recursive: true })
  try {
    renameSync(draft, built)
  } catch (error) {
    if (!existsSync(join(built, 'index.html'))) throw error
    rmSync(draft, { recursive: true, force: true })
  }
}

// By age since the last use: another checkout on this machine may be serving one that is not the newest.
function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    const other = join(folder, name)
    if (name.startsWith('console-') && Date.now() - statSync(other).mtimeMs > unusedForMs)
      rmSync(other, { recursive: true, force: true })
  }
}

function fingerprint(sources: string): string {
  const hash = createHash('sha256')
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).map((name) => join(sources, name))
  for (const file of [...files.sort(), join(project, 'package-lock.json'), join(project, 'api/client.ts')])
    if (statSync(file).isFile())
      hash
        .update(`${file.slice(project.length)}\0`)
        .update(readFileSync(file))
        .update('\0')
  return hash.digest('hex').slice(0, 16)
}

// The image of a container is built with it: the first argument names the folder.
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const target = resolve(process.argv[2] ?? 'console-bundle')
  const built = await bundleConsole(`${target}.parts`)
  renameSync(built, target)
  rmSync(`${target}.parts`, { recursive: true, force: true })
}
