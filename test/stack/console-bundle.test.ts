import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundleConsole } from '../../scripts/stack/console-bundle.ts'

let folder = ''
let sources = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'console-bundle-'))
  sources = join(folder, 'console')
  mkdirSync(sources)
  symlinkSync(join(import.meta.dirname, '../../node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(sources, 'index.html'), '<script type="module" src="/main.ts"></script>')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('is built once for the same sources, anew for others, and tells why it cannot', async () => {
  writeFileSync(join(sources, 'main.ts'), "document.title = 'hello-one'\n")
  const first = await bundleConsole(folder, sources)
  const [packed] = readdirSync(join(first, 'assets')).filter((name) => name.endsWith('.js.gz'))
  expect(gunzipSync(readFileSync(join(first, 'assets', packed ?? ''))).toString()).toContain('hello-one')
  writeFileSync(join(first, 'kept'), '')
  expect(await bundleConsole(folder, sources)).toBe(first)
  expect(existsSync(join(first, 'kept'))).toBe(true)

  writeFileSync(join(sources, 'main.ts'), "document.title = 'hello-two'\n")
  const second = await bundleConsole(folder, sources)
  expect(second).not.toBe(first)

  writeFileSync(join(sources, 'main.ts'), "import './gone.ts'\n")
  await expect(bundleConsole(folder, sources)).rejects.toThrow(/^The console cannot be built: .*gone\.ts/s)
  expect(readdirSync(folder).filter((name) => name.startsWith('console-'))).toHaveLength(2)
}, 60_000)
