import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { ZodError } from 'zod'
import { createApp, type OpenStore } from './app.ts'
import { takeFolder } from './keep/folder.ts'
import { KeptStateError } from './keep/kept-state-error.ts'
import { forgetful, openStore, type Store } from './keep/store.ts'
import { registry } from './registry.ts'

export interface RunningSandbox {
  /** Such as `http://127.0.0.1:4600`, without a slash at the end. */
  url: string
  /** Ends every connection, waiting ones too. */
  close(): Promise<void>
}

/** The address line and headers may be this long: the vendor's Node SDK puts the rows of a removal in the URL. */
const MAX_HEADER_BYTES = 1024 * 1024

export interface SandboxOptions {
  /** 0 takes a free one. */
  port: number
  host?: string
  /** Where accounts, lists and clocks are kept over a restart; without it they are forgotten. */
  dataDir?: string | undefined
}

/** Starts a sandbox of its own. Rejects when the port cannot be had, and when the folder cannot be used. */
export async function startSandbox({ port, host = '127.0.0.1', dataDir }: SandboxOptions): Promise<RunningSandbox> {
  const kept = openStores(dataDir)
  // Bodies are read straight from the socket, and the caller's global Request and Response are left alone.
  const options = { overrideGlobalObjects: false, autoCleanupIncoming: false }
  try {
    const listener = getRequestListener(createApp(registry, kept.open).fetch, options)
    const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, listener)
    await listen(server, port, host)
    const url = `http://${inUrl(host)}:${portOf(server.address())}`
    return { url, close: () => close(server).finally(kept.close) }
  } catch (error) {
    kept.close()
    throw error instanceof ZodError ? new KeptStateError(dataDir ?? '', 'what it holds is of another release') : error
  }
}

/** A store for each platform, in one folder or in none. */
function openStores(dataDir: string | undefined): { open: OpenStore; close: () => void } {
  if (dataDir === undefined) return { open: forgetful, close: () => {} }
  const leave = takeFolder(dataDir)
  const stores: Store[] = []
  return {
    open: (name) => {
      const store = openStore(dataDir, name)
      stores.push(store)
      return store
    },
    close: () => {
      for (const store of stores) store.close()
      leave()
    },
  }
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
