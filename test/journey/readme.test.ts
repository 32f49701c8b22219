import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { ensureDemoSource } from '../../scripts/demo/source-database.ts'
import { freePort } from '../../scripts/stack/free-port.ts'
import { type Deployment, startDeployment, until } from '../support/deployment.ts'

const project = join(import.meta.dirname, '../..')
const readme = readFileSync(join(project, 'README.md'), 'utf8')
const blocks = [...readme.matchAll(/^```bash\n(.*?)^```$/gms)].map(([, text = '']) => text)

let deployment: Deployment
let server: ChildProcess
let env: Record<string, string | undefined>

// What `npm start` makes, with ports of its own: the server, a worker, a sandbox, the shop of the demo and its address.
beforeAll(async () => {
  deployment = await startDeployment()
  const port = await freePort()
  env = { ...deployment.env, PORT: String(port), SANDBOX_PORT: new URL(deployment.sandbox.url).port }
  const demo = { sourceUrl: await ensureDemoSource(inject('postgresUrl')) }
  writeFileSync(join(env.DATA_DIR ?? '', 'demo.json'), JSON.stringify(demo))
  server = spawn(process.execPath, ['--import', 'tsx', 'server.ts'], { cwd: project, env, stdio: 'ignore' })
  await until(() =>
    fetch(`http://127.0.0.1:${port}/readyz`)
      .then(({ ok }) => ok)
      .catch(() => false),
  )
})
afterAll(async () => {
  server?.kill('SIGKILL')
  await deployment?.stop()
})

/** Runs a script in bash, as if it were pasted. Anything that fails ends it. */
function paste(script: string): Promise<{ code: number | null; said: string }> {
  const bash = spawn('bash', ['-euo', 'pipefail'], { cwd: project, env, stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [bash.stdout, bash.stderr]) stream.on('data', (data) => (said += data))
  bash.stdin.end(script)
  return new Promise((resolve) => bash.once('close', (code) => resolve({ code, said })))
}

it('the journey of the README works by copy and paste, block after block', async () => {
  expect(blocks.length).toBeGreaterThan(6)
  const { code, said } = await paste(
    `${blocks.join('\necho "== next block"\n')}\necho "list $LIST, audience $A, sync $S, guests $V"`,
  )
  // No answer on the way is a refusal.
  expect(said).not.toContain('urn:audience-sync:problem')
  expect(code, said).toBe(0)
  expect(said).toContain('In the list: the platform has confirmed it.')

  // What it promises: the half that left has left, and the four guests who stayed are in the list that they took over.
  const list = /list (\d+), /.exec(said)?.[1]
  const held = await fetch(`${deployment.sandbox.url}/_sandbox/meta/lists/${list}?limit=10000`)
  const { members }: { members: { EMAIL?: string }[] } = JSON.parse(await held.text())
  expect(members.filter((row) => Object.keys(row).join() === 'EMAIL')).toHaveLength(4)
  expect(members.length).toBeGreaterThan(500)
  expect(members.length).toBeLessThan(1_000)
}, 120_000)
