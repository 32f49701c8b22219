// Installs what is missing, runs vitest with the arguments given, and ends with the line "N passed, N failed".
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installDependencies } from './install.mjs'

const project = join(dirname(fileURLToPath(import.meta.url)), '../..')
installDependencies()

const folder = mkdtempSync(join(tmpdir(), 'tally-'))
const tallyFile = join(folder, 'tally.json')
const vitest = [join(project, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)]
const { status } = spawnSync(process.execPath, vitest, {
  cwd: project,
  stdio: 'inherit',
  env: { ...process.env, TALLY_FILE: tallyFile },
})
const tally = readTally()
rmSync(folder, { recursive: true, force: true })

const ok = status === 0 && tally.failed === 0
const failed = ok || tally.failed > 0 ? tally.failed : 1
const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : ''
console.log(`${tally.passed} passed, ${failed} failed${skipped}`)
process.exit(ok ? 0 : 1)

function readTally() {
  try {
    return JSON.parse(readFileSync(tallyFile, 'utf8'))
  } catch {
    return { passed: 0, failed: 1, skipped: 0 } // vitest ended before its end; it has said why
  }
}
