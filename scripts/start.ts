import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { configOrExit, loadConfig, toldOf } from '../config.ts'
import { say } from './stack/output.ts'
import { startStack } from './stack/run.ts'

const envFile = join(import.meta.dirname, '../.env')
if (existsSync(envFile)) process.loadEnvFile(envFile) // what the environment says already stays

// Whoever reads our lines (`npm start | tee log`) hears Ctrl-C too and may be gone first: the stop goes on without.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

const config = configOrExit(loadConfig)
const stack = startStack(config)

let asked = 0
async function stopOnSignal(): Promise<void> {
  asked += 1
  if (asked > 1) {
    stack.kill()
    process.exit(130)
  }
  say('start', 'Stopping everything in order. Ctrl-C again to stop at once.')
  await stack.stop()
  say('start', 'Stopped.')
  process.exit(0)
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stopOnSignal())

stack.failed.then(async (error) => {
  if (asked > 0) return
  asked = 1
  console.error(toldOf(error))
  await stack.stop()
  process.exit(1)
})
