import { parseArgs } from 'node:util'
import type { RunningSandbox, SandboxOptions } from './start-sandbox.ts'
import { startSandbox } from './start-sandbox.ts'

const DEFAULT_PORT = '4600'

try {
  const sandbox = await startSandbox(readArguments(process.argv.slice(2), process.env))
  console.log(`Sandbox ready at ${sandbox.url} (what it serves: ${sandbox.url}/_sandbox)`)
  stopOnSignal(sandbox)
} catch (error) {
  console.error(sentence(error))
  process.exit(1)
}

function readArguments(args: string[], environment: NodeJS.ProcessEnv): SandboxOptions {
  const options = { port: { type: 'string' }, host: { type: 'string' }, 'data-dir': { type: 'string' } } as const
  const { values } = parseArgs({ args, options })
  const text = values.port ?? environment.SANDBOX_PORT ?? DEFAULT_PORT
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new Error(`The port must be a number from 0 to 65535, not "${text}". Set --port or SANDBOX_PORT.`)
  return { port, host: values.host ?? '127.0.0.1', dataDir: values['data-dir'] }
}

function stopOnSignal(sandbox: RunningSandbox): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sandbox.close())
}

function sentence(error: unknown): string {
  if (!(error instanceof Error)) return `The sandbox could not start: ${error}`
  const { code, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string }
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken. Stop what uses it, or choose another with --port or SANDBOX_PORT.`
  if (code === 'EACCES') return `Port ${port} may not be used by this account. Choose one above 1023 with --port.`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `This machine has no address ${address ?? 'of that name'}. Choose another with --host, such as 127.0.0.1.`
  return error.message
}
