import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { poll } from '../../scripts/stack/process.ts'
import { alive } from '../../scripts/stack/process-table.ts'
import { findTemporalCli } from '../../scripts/stack/temporal-cli.ts'

let folder: string
let lines: string[]
const log = (line: string) => lines.push(line)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'))
  lines = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A program of a few lines of shell at `path` below the test's folder. */
function program(path: string, script = 'exit 0'): string {
  const file = join(folder, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, `#!/bin/sh\n${script}\n`)
  chmodSync(file, 0o755)
  return file
}

const unreachable = async () => undefined
const env = (more: Record<string, string> = {}) => ({
  PATH: join(folder, 'bin'),
  XDG_CACHE_HOME: join(folder, 'cache'),
  ...more,
})

it('takes TEMPORAL_CLI before all others', async () => {
  program('bin/temporal')
  const mine = program('mine')
  const cli = await findTemporalCli({ env: env({ TEMPORAL_CLI: mine }), log })
  expect(cli).toEqual({ path: mine, from: 'TEMPORAL_CLI' })
})

it('stops with a sentence when TEMPORAL_CLI does not run', async () => {
  const broken = program('broken', 'exit 3')
  await expect(findTemporalCli({ env: env({ TEMPORAL_CLI: broken }), log })).rejects.toThrow(
    /^TEMPORAL_CLI is .*broken/,
  )
})

it('takes the one on the PATH before the cache, and says so', async () => {
  const onPath = program('bin/temporal')
  program('cache/audience-sync/temporal')
  expect(await findTemporalCli({ env: env(), log })).toEqual({ path: onPath, from: 'PATH' })
  expect(lines).toEqual([`Temporal: ${onPath} (from PATH).`])
})

it('passes over one on the PATH that does not run', async () => {
  program('bin/temporal', 'exit 1')
  const cached = program('cache/audience-sync/temporal')
  expect(await findTemporalCli({ env: env(), log })).toEqual({ path: cached, from: 'cache' })
})

it('downloads before it builds', async () => {
  program('bin/go')
  const cli = await findTemporalCli({ env: env(), log, download: async () => '/downloaded/temporal' })
  expect(cli).toEqual({ path: '/downloaded/temporal', from: 'download' })
})

it('builds with Go where nothing can be downloaded, into the cache', async () => {
  program(
    'bin/go',
    'if [ "$1" = install ]; then printf "#!/bin/sh\\nexit 0\\n" > "$GOBIN/temporal"; /bin/chmod +x "$GOBIN/temporal"; fi',
  )
  const built = join(folder, 'cache/audience-sync/temporal')
  expect(await findTemporalCli({ env: env(), log, download: unreachable })).toEqual({ path: built, from: 'go install' })
  expect(await findTemporalCli({ env: env(), log, download: unreachable })).toEqual({ path: built, from: 'cache' })
})

it('ends a build whose start was killed', async () => {
  program('bin/go', `echo $$ > ${join(folder, 'pid')}; exec /bin/sleep 300`)
  const file = join(import.meta.dirname, '../../scripts/stack/temporal-go-install.ts')
  const script = `
    import { installTemporalByGo } from ${JSON.stringify(file)}
    await installTemporalByGo(${JSON.stringify(folder)}, ${JSON.stringify(env())}, () => {})`
  const start = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { stdio: 'ignore' })
  const pidOf = () => (existsSync(join(folder, 'pid')) ? Number(readFileSync(join(folder, 'pid'), 'utf8')) : 0)
  expect(await poll(() => pidOf() > 0, 20_000)).toBe(true)
  start.kill('SIGKILL')
  expect(await poll(() => !alive(pidOf()), 10_000)).toBe(true)
})

it('leaves nothing in the cache when the build fails', async () => {
  program(
    'bin/go',
    'if [ "$1" = install ]; then echo half > "$GOBIN/temporal"; echo "no space left on device" >&2; exit 1; fi',
  )
  await expect(findTemporalCli({ env: env(), log, download: unreachable })).rejects.toThrow(/the disk is full/)
  await expect(findTemporalCli({ env: env(), log, download: unreachable })).rejects.toThrow(/the disk is full/)
})

it('says what to install where there is no way', async () => {
  await expect(findTemporalCli({ env: env(), log, download: unreachable })).rejects.toThrow(
    /Install Go .*TEMPORAL_ADDRESS/,
  )
})
