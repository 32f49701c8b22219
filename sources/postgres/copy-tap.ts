import type { Socket } from 'node:net'
import { createFrameSplitter } from './copy-frames.ts'

/** COPY data of one connection, taken from its socket before the driver sees it. */
export type CopyTap = {
  readonly data: AsyncGenerator<Buffer, void>
  /**
   * Lets the driver hear what came after the beginning of the COPY. An error there is thrown by the driver's stream, and
   * ends the process when nobody listens to that stream yet; so listen first, then call this.
   */
  readonly release: () => void
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
  let driver: (chunk: Buffer) => void = () => {}
  let held: Buffer[] | undefined

  const pass = (messages: readonly Buffer[]) => {
    if (messages.length > 0) driver(Buffer.concat(messages))
  }

  const hear = (listener: (chunk: Buffer) => void) => (chunk: Buffer) => {
    const { data, rest, begun, done } = split(chunk)
    if (data.length > 0) {
      waiting.push(data)
      bytes += data.length
      if (bytes > highWater) socket.pause()
    }
    if (done) ended = true
    driver = listener
    if (held) held.push(...rest)
    else if (begun === undefined) pass(rest)
    else {
      held = rest.slice(begun)
      pass(rest.slice(0, begun))
    }
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
    release() {
      const messages = held ?? []
      held = undefined
      pass(messages)
    },
    fail(error) {
      failure ??= { error }
      wake()
    },
  }
}
