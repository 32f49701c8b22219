import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { guard } from './guard.ts'
import { StartError } from './start-error.ts'

/** The last version that `go install` takes; later ones replace a module of their own (server 1.29.1, UI 2.42.1). */
const version = 'v1.5.1'
const module = 'github.com/temporalio/cli/cmd/temporal'

type Env = Record<string, string | undefined>

export const hasGo = (env: Env) => spawnSync('go', ['version'], { env: { ...env } }).status === 0

/** Builds the Temporal command line tool with Go, into `folder`. About 3 minutes. @throws StartError */
export async function installTemporalByGo(folder: string, env: Env, log: (line: string) => void): Promise<string> {
  mkdirSync(folder, { recursive: true })
  // Built aside and renamed, so that an interrupted build is not mistaken for a binary.
  const aside = mkdtempSync(join(folder, 'building-'))
  log(
    `Temporal: building it with \`go install ${module}@${version}\`, once. This takes some minutes (3 on an idle machine with two processors).`,
  )
  const started = performance.now()
  const tick = setInterval(() => {
    log(`Temporal: still building, ${Math.round((performance.now() - started) / 1000)} s.`)
  }, 20_000)
  // Go wants a home or these two; an empty environment has neither.
  const places = env.HOME ? {} : { GOPATH: join(folder, 'go'), GOCACHE: join(folder, 'go-build') }
  const child = spawn('go', ['install', '-ldflags=-s -w', `${module}@${version}`], {
    env: { ...places, ...env, CGO_ENABLED: '0', GOBIN: aside, GOFLAGS: '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const release = child.pid === undefined ? () => {} : guard(child.pid, 'TERM')
  let words = ''
  child.stderr.on('data', (chunk) => {
    words += chunk
  })
  try {
    const code = await new Promise((resolve) => child.once('close', resolve).once('error', () => resolve(-1)))
    if (code !== 0) throw new StartError(failure(words))
    const file = join(folder, 'temporal')
    renameSync(join(aside, 'temporal'), file)
    return file
  } finally {
    clearInterval(tick)
    release()
    rmSync(aside, { recursive: true, force: true })
  }
}

function failure(words: string): string {
  const lines = words.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('go: downloading'))
  const other = 'or put the `temporal` command line tool on the PATH, or set TEMPORAL_ADDRESS'
  if (/no space left/i.test(words))
    return `Temporal cannot be built, the disk is full (the build needs 4 GB): free some space, ${other}.`
  if (/requires go >=|toolchain/.test(words))
    return `Temporal cannot be built with this Go: install Go 1.25 or newer, ${other}.`
  return `Temporal cannot be built with Go: look after what it says, ${other}. Go said: ${lines.slice(-3).join(' · ')}`
}
