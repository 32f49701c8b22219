import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

// Records test/histories/ anew, by the journey that knows how to bring each of them about. See CONTRIBUTING.
const project = join(import.meta.dirname, '..')
const { status } = spawnSync(process.execPath, [join(project, 'scripts/test.mjs')], {
  cwd: project,
  stdio: 'inherit',
  env: { ...process.env, RECORD_HISTORIES: 'true' },
})
process.exit(status ?? 1)
