import type { IncomingMessage, ServerResponse } from 'node:http'

/** Beyond this a body is read no further. */
const BODY_LIMIT = 48 * 1024 * 1024
/** A body that is too large is still swallowed up to here, so that its sender can hear the answer. */
const SWALLOW_LIMIT = 1024 * 1024 * 1024

/** The whole body; undefined when it is larger than the sandbox takes. Rejects when the sender leaves meanwhile. */
export async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  let chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming) {
    size += chunk.length
    if (size > SWALLOW_LIMIT) break
    if (size > BODY_LIMIT) chunks = []
    else chunks.push(chunk)
  }
  return size > BODY_LIMIT ? undefined : Buffer.concat(chunks)
}

/** Cuts the connection: the client sees it reset without an answer. */
export function cut(outgoing: ServerResponse): void {
  outgoing.socket?.resetAndDestroy()
  outgoing.destroy()
}

/** Waits for `ms`, or less when the client leaves. */
export function waitWhileConnected(outgoing: ServerResponse, ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (outgoing.destroyed || outgoing.socket?.destroyed) return resolve()
    const done = () => {
      clearTimeout(timer)
      outgoing.off('close', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    outgoing.on('close', done)
  })
}
