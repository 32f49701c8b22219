import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { createApp } from './app.ts'
import { registry } from './registry.ts'

export interface RunningSandbox {
  /** Such as `http://127.0.0.1:4600`, without a slash at the end. */
  url: string
  /** Ends every connection, waiting ones too. */
  close(): Promise<void>
}

/** The address line and headers may be this long: the vendor's Node SDK puts the rows of a removal in the URL. */
const MAX_HEADER_BYTES = 1024 * 1024

/** Starts a sandbox of its own with empty state. Port 0 takes a free one. Rejects when the port cannot be had. */
export async function startSandbox({
  port,
  host = '127.0.0.1',
}: {
  port: number
  host?: string
}): Promise<RunningSandbox> {
  // Bodies are read straight from the socket, and the caller's global Request and Response are left alone.
  const listener = getRequestListener(createApp(registry).fetch, {
    overrideGlobalObjects: false,
    autoCleanupIncoming: false,
  })
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, listener)
  await listen(server, port, host)
  return { url: `http://${inUrl(host)}:${portOf(server.address())}`, close: () => close(server) }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()))
    server.closeAllConnections()
  })
}

function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('The sandbox has no network address.')
  return address.port
}
