import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundleWorkflows } from '../../scripts/stack/workflow-bundle.ts'

let folder: string
let sources: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bundle-'))
  sources = join(folder, 'workflows')
  mkdirSync(sources)
  symlinkSync(join(import.meta.dirname, '../../node_modules'), join(folder, 'node_modules'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('is made once for the same sources, anew for others, and tells why it cannot', async () => {
  writeFileSync(join(sources, 'index.ts'), "export async function greet(): Promise<string> { return 'hello-one' }\n")
  const first = await bundleWorkflows(folder, sources)
  expect(readFileSync(first, 'utf8')).toContain('hello-one')
  writeFileSync(first, 'kept')
  expect(await bundleWorkflows(folder, sources)).toBe(first)
  expect(readFileSync(first, 'utf8')).toBe('kept')

  writeFileSync(join(sources, 'index.ts'), "export async function greet(): Promise<string> { return 'hello-two' }\n")
  const second = await bundleWorkflows(folder, sources)
  expect(second).not.toBe(first)
  expect(readFileSync(second, 'utf8')).toContain('hello-two')

  writeFileSync(join(sources, 'index.ts'), "export { gone } from './gone.ts'\n")
  await expect(bundleWorkflows(folder, sources)).rejects.toThrow(/cannot be bundled.*gone\.ts/s)
}, 60_000)
