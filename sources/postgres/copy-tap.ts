import type { Socket } from 'node:net'
import { createFrameSplitter } from './copy-frames.ts'

/** COPY data of one connection, taken from its socket before the driver sees it. */
export type CopyTap = {
  readonly data: AsyncGenerator<Buffer, void>
  /** Makes `data` throw. */
  readonly fail: (error: unknown) => void
}

/** So many bytes wait for the reader before the socket is paused. */
const highWater = 512 * 1024

/**
 * Stands between a socket and the driver: messages pass to the listener that the driver adds, COPY data goes to `data`,
 * which ends at the end of the first COPY. Slow readers slow the server down.
 */
export function tapCopy(socket: Socket): CopyTap {
  const split = createFrameSplitter()
  const waiting: Buffer[] = []
  let bytes = 0
  let ended = false
  let failure: { readonly error: unknown } | undefined
  let wake = () => {}

  const hear = (listener: (chunk: Buffer) => void) => (chunk: Buffer) => {
    const { data, rest, done } = split(chunk)
    if (data.length > 0) {
      waiting.push(data)
      bytes += data.length
      if (bytes > highWater) socket.pause()
    }
    if (done) ended = true
    if (rest.length > 0) listener(rest.length === 1 && rest[0] ? rest[0] : Buffer.concat(rest))
    if (done || data.length > 0) wake()
  }
  const on = socket.on.bind(socket)
  const off = socket.removeListener.bind(socket)
  const tapped = new Map<unknown, (chunk: Buffer) => void>()
  // The driver only ever adds and removes one listener of data by these two names.
  Object.assign(socket, {
    on(event: string, listener: (chunk: Buffer) => void) {
      if (event !== 'data') return on(event, listener)
      const heard = hear(listener)
      tapped.set(listener, heard)
      return on('data', heard)
    },
    removeListener(event: string, listener: (chunk: Buffer) => void) {
      return off(event, (event === 'data' && tapped.get(listener)) || listener)
    },
  })

  async function* data(): AsyncGenerator<Buffer, void> {
    for (;;) {
      const chunk = waiting.shift()
      if (chunk) {
        yield chunk
        bytes -= chunk.length
        if (bytes <= highWater) socket.resume()
        continue
      }
      if (failure) throw failure.error
      if (ended) return
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }

  return {
    data: data(),
    fail(error) {
      failure ??= { error }
      wake()
    },
  }
}
