import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { takeDataFolder, watchDisk } from '../../scripts/stack/data-folder.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'data-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('is made, taken and given back', () => {
  const give = takeDataFolder(join(folder, 'new/one'))
  give()
  expect(existsSync(join(folder, 'new/one'))).toBe(true)
  takeDataFolder(join(folder, 'new/one'))()
})

it('is refused while another supervisor has it, and taken over when that is gone', async () => {
  const other = spawn('/bin/sh', ['-c', 'read -r _', 'scripts/start.mjs'], { stdio: ['pipe', 'ignore', 'ignore'] })
  writeFileSync(join(folder, 'supervisor.pid'), String(other.pid))
  expect(() => takeDataFolder(folder)).toThrow(`process ${other.pid}`)
  const gone = new Promise((resolve) => other.once('exit', resolve))
  other.kill('SIGKILL')
  await gone
  takeDataFolder(folder)()
})

it('says so when it cannot be written', () => {
  writeFileSync(join(folder, 'file'), '')
  expect(() => takeDataFolder(join(folder, 'file/data'))).toThrow(/cannot be written \(ENOTDIR\).*another DATA_DIR\.$/)
})

it('says once that its disk is nearly full, and once that there is room again', async () => {
  const free = [500e6, 20e6, 10e6, 300e6, 300e6]
  const said: string[] = []
  await new Promise<void>((resolve) => {
    const end = watchDisk(folder, (line) => said.push(line), {
      everyMs: 1,
      free: () => {
        const bytes = free.shift()
        if (bytes === undefined) {
          end()
          resolve()
        }
        return bytes ?? 300e6
      },
    })
  })
  expect(said).toEqual([
    `The disk of ${folder} has only 20 MB left: free some space, or everything stands still until there is some.`,
    `The disk of ${folder} has room again.`,
  ])
})
