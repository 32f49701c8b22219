import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { connect } from '../../db/connect.ts'
import { loadMemberKeySecret } from '../../db/member-key.ts'
import { createSeal } from '../../db/seal.ts'
import { freePort } from '../../scripts/stack/free-port.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'

const project = join(import.meta.dirname, '../..')
let folder: string
const taken = createServer()
let ports: Record<string, string>
let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
  const db = connect(database.url)
  await loadMemberKeySecret(db.sql, createSeal([randomBytes(32)])) // a key that nobody has kept
  await db.end()
  folder = mkdtempSync(join(tmpdir(), 'start-'))
  taken.listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const [api, sandbox, ui] = [await freePort(), await freePort(), await freePort()]
  ports = { PORT: String(api), SANDBOX_PORT: String(sandbox), TEMPORAL_UI_PORT: String(ui) }
})
afterAll(async () => {
  await database.drop()
  taken.close()
  rmSync(folder, { recursive: true, force: true })
})

async function run(args: string[], env: Record<string, string>) {
  const given = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...ports, ...env }
  const child = spawn(process.execPath, args, { cwd: project, env: given, stdio: ['ignore', 'pipe', 'pipe'] })
  const [said, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { said, errors: errors.trim(), code }
}

const portOf = (server: typeof taken) => {
  const address = server.address()
  return String(typeof address === 'object' && address !== null ? address.port : 0)
}
const nowhere = 'postgres://somebody:hunter2@127.0.0.1:1/shop'
const withParts = () => ({
  DATABASE_URL: inject('postgresUrl'),
  TEMPORAL_ADDRESS: inject('temporalAddress'),
  WORKFLOW_BUNDLE: inject('workflowBundle'),
})

it.each<[string, () => Record<string, string>, RegExp]>([
  [
    'a port that is taken',
    () => ({ PORT: portOf(taken) }),
    /^Port \d+, for the console and the API, is taken by another program: stop that program or set PORT/,
  ],
  ['one port for two', () => ({ PORT: '3999', SANDBOX_PORT: '3999' }), /^PORT and SANDBOX_PORT are both 3999/],
  [
    'an unknown value',
    () => ({ DEMO: 'maybe' }),
    /^DEMO is "maybe" but must be on or off \(whether the demo is set up\)\.$/,
  ],
  [
    'a host of somebody else',
    () => ({ HOST: '203.0.113.9' }),
    /^Nothing can listen on 203\.0\.113\.9 .* set HOST to an address of this machine\.$/,
  ],
  [
    'a folder that cannot be made',
    () => ({ DATA_DIR: '/dev/null/data' }),
    /^The data folder \/dev\/null\/data cannot be made \(\w+\): .* choose another DATA_DIR\.$/,
  ],
  [
    'a binary that is none',
    () => ({ TEMPORAL_CLI: '/dev/null' }),
    /^TEMPORAL_CLI is "\/dev\/null", which does not run/,
  ],
  [
    'a database that is not there',
    () => ({ ...withParts(), DATABASE_URL: nowhere }),
    /^PostgreSQL at 127\.0\.0\.1:1\/shop cannot be used, nothing listens there: .* DATABASE_URL\.$/,
  ],
  [
    'a database that is none',
    () => ({ ...withParts(), DATABASE_URL: `${inject('postgresUrl')}-none` }),
    /there is no such database: .* DATABASE_URL\.$/,
  ],
  [
    'a wrong password',
    () => ({ ...withParts(), DATABASE_URL: inject('postgresUrl').replace(/:[^:@]+@/, ':hunter2@') }),
    /user or password are refused: .* DATABASE_URL\.$/,
  ],
  [
    'Temporal that is not there',
    () => ({ ...withParts(), TEMPORAL_ADDRESS: '127.0.0.1:1' }),
    /^No Temporal server answers at 127\.0\.0\.1:1: start it, or change TEMPORAL_ADDRESS\.$/,
  ],
  [
    'a namespace that is none',
    () => ({ ...withParts(), TEMPORAL_NAMESPACE: 'none' }),
    /^The Temporal server at .* has no namespace "none": .* TEMPORAL_NAMESPACE\.$/,
  ],
])(
  '%s: one clear sentence, and exit code 1',
  async (_, env, expected) => {
    const dataDir = mkdtempSync(join(folder, 'data-'))
    const { errors, said, code } = await run(['scripts/start.mjs'], { DATA_DIR: dataDir, ...env() })
    expect(errors).toMatch(expected)
    expect(errors.split('\n')).toHaveLength(1)
    expect(code).toBe(1)
    expect(errors + said).not.toContain('hunter2')
  },
  60_000,
)

it('data of another copy that runs: one clear sentence, and it is left alone', async () => {
  const dataDir = join(folder, 'in-use')
  mkdirSync(dataDir)
  const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)', 'start.mjs'])
  writeFileSync(join(dataDir, 'supervisor.pid'), String(other.pid))
  const { errors, code } = await run(['scripts/start.mjs'], { DATA_DIR: dataDir })
  other.kill()
  expect([code, errors]).toEqual([
    1,
    `Another copy already runs with the data in ${dataDir} (process ${other.pid}): stop it first, or give this one its own DATA_DIR, PORT, SANDBOX_PORT and TEMPORAL_UI_PORT.`,
  ])
})

it.each(['18.20.8', '20.18.3'])('Node %s is told that it is too old', async (version) => {
  const old = `Object.defineProperty(process.versions, 'node', { value: '${version}' }); import('./scripts/start.mjs')`
  const { errors, code } = await run(['-e', old], { DATA_DIR: join(folder, 'old') })
  expect([code, errors]).toEqual([1, `This is Node ${version}: install Node 20.19 or newer, then run this again.`])
})

it.each([
  [
    'server.ts',
    () => ({ ...withParts(), DATABASE_URL: nowhere }),
    /^PostgreSQL at 127\.0\.0\.1:1\/shop cannot be used/,
  ],
  [
    'worker.ts',
    () => ({ ...withParts(), TEMPORAL_NAMESPACE: 'none' }),
    /^The Temporal server at .* has no namespace "none"/,
  ],
  [
    'server.ts',
    () => ({ ...withParts(), DATABASE_URL: database.url }),
    /^What is stored was sealed with encryption key [0-9a-f]{8}, which is not configured: .*\.$/,
  ],
  ['worker.ts', () => ({ DATA_DIR: '' }), /^DATABASE_URL is not set: a single process needs it/],
])(
  '%s alone says it as well',
  async (file, env, expected) => {
    const { errors, code } = await run(['--import', 'tsx', file], { DATA_DIR: join(folder, 'alone'), ...env() })
    expect(errors).toMatch(expected)
    expect(errors.split('\n')).toHaveLength(1)
    expect(code).toBe(1)
  },
  60_000,
)
