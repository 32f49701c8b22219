import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { guard } from './guard.ts'
import { stopChild } from './process.ts'

const stallMs = 20_000

/**
 * Lets the Temporal SDK download the server it was made for into `folder`. Gives up when nothing has arrived for 20 s.
 * @returns the path of the binary, or undefined after a line that says why there is none
 */
export async function downloadTemporal(folder: string, log: (line: string) => void): Promise<string | undefined> {
  mkdirSync(folder, { recursive: true })
  // In a process of its own: the SDK's download cannot be cancelled, a process can.
  const child = spawn(process.execPath, ['--import', 'tsx', import.meta.filename, folder], {
    stdio: ['ignore', 'pipe', 'ignore'],
    cwd: join(import.meta.dirname, '../..'),
  })
  const release = child.pid === undefined ? () => {} : guard(child.pid, 'TERM')
  let answer = ''
  child.stdout.on('data', (chunk) => {
    answer += chunk
  })
  let bytes = bytesIn(folder)
  let stalled = false
  const watch = setInterval(() => {
    const now = bytesIn(folder)
    if (now === bytes) {
      stalled = true
      void stopChild(child, 'SIGKILL', 0)
    } else log(`Temporal: downloading, ${Math.round(now / 1e6)} MB so far.`)
    bytes = now
  }, stallMs)
  const code = await new Promise((resolve) => child.once('close', resolve).once('error', () => resolve(-1)))
  clearInterval(watch)
  release()

  if (code === 0) {
    const file = readdirSync(folder).find((name) => name.startsWith('temporal-sdk-typescript-'))
    if (file) return join(folder, file)
  }
  const reason = stalled ? `nothing arrived for ${stallMs / 1000} s` : answer.trim().split('\n').at(-1) || 'it failed'
  log(`Temporal: the download is not possible here (${reason}).`)
  return undefined
}

const bytesIn = (folder: string) =>
  readdirSync(folder).reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  )

// Starts a server once, which is the only way to make the SDK download it.
async function letSdkDownload(folder: string): Promise<void> {
  const { TestWorkflowEnvironment } = await import('@temporalio/testing')
  const executable = { type: 'cached-download', downloadDir: folder, ttl: '100 years' } as const
  const environment = await TestWorkflowEnvironment.createLocal({ server: { executable } })
  await environment.teardown()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [, , folder = '.'] = process.argv
  await letSdkDownload(folder).then(
    () => process.exit(0),
    (error) => {
      console.log(String(error).includes('dns error') ? 'its site is not found by name' : lastCause(String(error)))
      process.exit(1)
    },
  )
}

// "a: b: c" down to its cause; the parts before name addresses with long queries.
function lastCause(message: string): string {
  return (message.split('\n')[0] ?? message).split(': ').at(-1) ?? message
}
