import { createServer } from 'node:net'
import { codeOf, StartError } from './start-error.ts'

/** Resolves with the port that could be listened on (0 = the system chooses); rejects with the system's error. */
function tryPort(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen({ port, host, exclusive: true }, () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port))
    })
  })
}

/** A free port of the loopback address: `preferred` when it is free, else any. */
export async function freePort(preferred?: number): Promise<number> {
  const wished = preferred === undefined ? undefined : await tryPort(preferred, '127.0.0.1').catch(() => undefined)
  return wished ?? tryPort(0, '127.0.0.1')
}

export type WantedPort = { setting: string; port: number; host: string; use: string }

/** Checks the ports that a person chose. @throws StartError for the first that cannot be had, naming its setting */
export async function checkPorts(wanted: readonly WantedPort[]): Promise<void> {
  for (const [index, { setting, port, host, use }] of wanted.entries()) {
    const twin = wanted.slice(0, index).find((other) => other.port === port)
    if (twin) throw new StartError(`${twin.setting} and ${setting} are both ${port}: give one of them another port.`)
    const code = await tryPort(port, host).then(() => undefined, codeOf)
    if (code !== undefined) throw new StartError(portProblem(code, { setting, port, host, use }))
  }
}

function portProblem(code: string, { setting, port, host, use }: WantedPort): string {
  if (code === 'EADDRINUSE')
    return `Port ${port}, for ${use}, is taken by another program: stop that program or set ${setting} to another port.`
  if (code === 'EACCES')
    return `Port ${port}, for ${use}, is not open to this user: set ${setting} to a port above 1023.`
  return `Nothing can listen on ${host} port ${port}, for ${use} (${code}): set HOST to an address of this machine.`
}
