import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { poll } from '../../scripts/stack/process.ts'
import { alive } from '../../scripts/stack/process-table.ts'

it('ends what is guarded when the guarding process is killed', async () => {
  const guard = join(import.meta.dirname, '../../scripts/stack/guard.ts')
  const script = `
    import { spawn } from 'node:child_process'
    import { guard } from ${JSON.stringify(guard)}
    const server = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' })
    guard(server.pid, 'TERM')
    console.log(server.pid)
    setInterval(() => {}, 1000)`
  const supervisor = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const pid = await new Promise<number>((resolve) => {
    createInterface({ input: supervisor.stdout }).once('line', (line) => resolve(Number(line)))
  })
  expect(alive(pid)).toBe(true)
  supervisor.kill('SIGKILL')
  expect(await poll(() => !alive(pid), 10_000)).toBe(true)
})
