import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterEach, expect, it } from 'vitest'
import { useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()
const started: ChildProcess[] = []
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

function start(args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'sandbox/main.ts', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.push(child)
  return child
}

async function ended(child: ReturnType<typeof start>) {
  const [errors, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  return { errors, code }
}

it('prints its address when it is ready, serves there, and stops when asked', async () => {
  const child = start(['--port', '0'])
  const [line] = await once(child.stdout, 'data')
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(String(line))?.[0]
  const answer = await fetch(`${url}/_sandbox`)
  expect(answer.status).toBe(200)
  child.kill('SIGTERM')
  expect((await ended(child)).code).toBe(0)
}, 20_000)

it('says in one sentence that a port is taken', async () => {
  const port = new URL(sandbox.url).port
  const { errors, code } = await ended(start([], { SANDBOX_PORT: port }))
  expect([code, errors.trim().split('\n')]).toEqual([
    1,
    [`Port ${port} is taken. Stop what uses it, or choose another with --port or SANDBOX_PORT.`],
  ])
}, 20_000)

it.each([
  [['--port', 'abc'], 'The port must be a number'],
  [['--speed', '9'], '--speed'],
  [['--port', '0', '--host', '203.0.113.7'], 'no address 203.0.113.7'],
])(
  '%j is refused in one sentence',
  async (args, expected) => {
    const { errors, code } = await ended(start(args))
    expect(code).toBe(1)
    expect(errors).toContain(expected)
    expect(errors.trim().split('\n')).toHaveLength(1)
  },
  20_000,
)
