import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Address } from './address.ts'

const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])
const yes = 'S'.charCodeAt(0)

/** A connected socket to the server, encrypted as the address asks for. Rejects with the error of the network or of TLS. */
export async function dial(address: Address, timeoutMs: number, signal: AbortSignal | undefined): Promise<Socket> {
  const socket = connect({ host: address.host, port: address.port, noDelay: true, keepAlive: true })
  const end = () => socket.destroy(new DialError('DIAL_ABORTED'))
  const timer = setTimeout(() => socket.destroy(new DialError('ETIMEDOUT')), timeoutMs)
  signal?.addEventListener('abort', end, { once: true })
  try {
    if (signal?.aborted) end()
    await happens(socket, 'connect')
    if (address.tls === 'disable') return socket
    socket.write(sslRequest)
    const answer = await happens(socket, 'data')
    // More than the one byte was put in by somebody who wants it taken for the encrypted part.
    if (answer.length !== 1) throw new DialError('TLS_REFUSED')
    if (answer[0] === yes) return await encrypted(socket, address)
    if (address.tls === 'prefer') return socket
    throw new DialError('TLS_REFUSED')
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', end)
  }
}

/** Bears a code like those of the network's own errors. */
export class DialError extends Error {
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

/** Resolves with the first argument of the event, rejects when the socket fails or closes before it. */
function happens(socket: Socket, event: 'connect' | 'data' | 'secureConnect'): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const gone = () => done(() => reject(new DialError('ECONNRESET')))
    const failed = (error: Error) => done(() => reject(error))
    const happened = (value: Buffer) => done(() => resolve(value))
    const done = (settle: () => void) => {
      socket.off('error', failed).off('close', gone).off(event, happened)
      settle()
    }
    socket.once('error', failed).once('close', gone).once(event, happened)
  })
}

async function encrypted(socket: Socket, address: Address): Promise<Socket> {
  const verifies = address.tls === 'verify-full' || address.tls === 'verify-ca'
  const secure = connectTls({
    socket,
    ...(isIP(address.host) ? {} : { servername: address.host }),
    rejectUnauthorized: verifies,
    // verify-ca trusts whoever signed, whatever name the certificate bears
    ...(address.tls === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
  })
  await happens(secure, 'secureConnect')
  return secure
}
