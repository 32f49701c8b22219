import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { serve } from '@hono/node-server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { useApi } from './support/api.ts'

const api = useApi()
const run = promisify(execFile)
const project = join(import.meta.dirname, '../..')
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'client-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const program = `
import { createClient } from 'audience-sync/client'
const [, , url = '', key = ''] = process.argv
const client = createClient(url, key)
const made = await client.v1.audiences.$post({ json: { kind: 'static', name: 'From an application' } })
if (!made.ok) throw new Error(String(made.status))
const { id } = await made.json()
const answer = await client.v1.audiences[':id'].$get({ param: { id } })
const { name, status }: { name: string; status: 'draft' | 'active' | 'archiving' | 'archived' } = await answer.json()
// @ts-expect-error an audience has no colour, and what the API does not take does not compile
client.v1.audiences.$post({ json: { kind: 'static', name: 'x', colour: 1 } }).catch(() => {})
console.log(name, status)
`

/** An application that has the product as a package; `main.ts` is all it is. */
function makeApplication(): void {
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  symlinkSync(project, join(folder, 'node_modules/audience-sync'))
  const options = { target: 'es2023', module: 'nodenext', strict: true, noEmit: true, allowImportingTsExtensions: true }
  const types = { types: ['node'], typeRoots: [join(project, 'node_modules/@types')] }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'application', type: 'module' }))
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...options, ...types, skipLibCheck: true }, include: ['main.ts'] }),
  )
  writeFileSync(join(folder, 'main.ts'), program)
}

it('a TypeScript application compiles against the client, and runs', async () => {
  makeApplication()
  await run(process.execPath, [join(project, 'node_modules/typescript/bin/tsc'), '-p', folder])
  const server = serve({ fetch: (request) => api.request(request.url, request), port: 0 })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const loader = ['--import', join(project, 'node_modules/tsx/dist/esm/index.mjs')]
  const { stdout } = await run(
    process.execPath,
    [...loader, 'main.ts', `http://127.0.0.1:${port}`, api.keys.operator],
    {
      cwd: folder,
    },
  )
  server.close()
  expect(stdout.trim()).toBe('From an application draft')
}, 120_000)
