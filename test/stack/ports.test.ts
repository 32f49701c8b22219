import { createServer, type Server } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { checkPorts, freePort } from '../../scripts/stack/free-port.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function occupied(): Promise<number> {
  const port = await freePort()
  const server = createServer()
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return port
}

const wanted = (setting: string, port: number, host = '127.0.0.1') => ({ setting, port, host, use: 'the API' })

it('prefers the port of last time, and takes another when that is taken', async () => {
  const port = await freePort()
  expect(await freePort(port)).toBe(port)
  const taken = await occupied()
  expect(await freePort(taken)).not.toBe(taken)
})

it('names the taken port and the setting to change', async () => {
  const port = await occupied()
  await expect(checkPorts([wanted('PORT', port)])).rejects.toThrow(
    `Port ${port}, for the API, is taken by another program: stop that program or set PORT to another port.`,
  )
})

it('names two settings that want the same port', async () => {
  const port = await freePort()
  await expect(checkPorts([wanted('PORT', port), wanted('SANDBOX_PORT', port)])).rejects.toThrow(
    `PORT and SANDBOX_PORT are both ${port}`,
  )
})

it('says when HOST is no address of this machine', async () => {
  await expect(checkPorts([wanted('PORT', await freePort(), '203.0.113.7')])).rejects.toThrow(/set HOST/)
})
