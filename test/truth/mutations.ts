import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Fault, faults } from './faults.ts'

// `npm run mutations`: each deliberate fault in a scratch copy of the tree, and whether the truth test sees it.
const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '20' },
    seed: { type: 'string', default: 'mutations' },
    only: { type: 'string' },
  },
})
const project = resolve(import.meta.dirname, '../..')
const leftOut = ['node_modules', '.git', '.data']

const chosen = faults.filter(({ name }) => values.only === undefined || name.includes(values.only))
const outcomes = chosen.map((fault) => {
  const caught = seen(fault)
  console.log(`${caught ? 'caught' : 'NOT CAUGHT'}: ${fault.name}`)
  return caught
})
process.exitCode = outcomes.length > 0 && outcomes.every(Boolean) ? 0 : 1

/** Whether the truth test turns red on a copy with this fault. */
function seen({ name, file, search, replace, aim }: Fault): boolean {
  const copy = mkdtempSync(join(tmpdir(), 'audience-sync-fault-'))
  try {
    cpSync(project, copy, { recursive: true, filter: (path) => !leftOut.includes(relative(project, path)) })
    symlinkSync(join(project, 'node_modules'), join(copy, 'node_modules'))
    const text = readFileSync(join(copy, file), 'utf8')
    if (text.split(search).length !== 2)
      throw new Error(`The fault "${name}" does not fit ${file} any more: its text must stand there exactly once.`)
    writeFileSync(
      join(copy, file),
      text.replace(search, () => replace),
    )
    const options = ['--seed', values.seed, '--histories', values.histories, '--first', ...(aim ? ['--aim', aim] : [])]
    const run = spawnSync(process.execPath, ['--import', 'tsx', 'test/truth/main.ts', ...options], {
      cwd: copy,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    const divergence = /^DIVERGENCE.*$/m.exec(run.stdout)?.[0]
    if (divergence) console.log(`  ${divergence}`)
    else if (run.status !== 0)
      throw new Error(`The truth test failed without a divergence:\n${run.stderr.slice(-2_000)}`)
    return divergence !== undefined
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}
