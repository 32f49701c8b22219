import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import postgres from 'postgres'
import type { Runner } from './connect.ts'

/**
 * COPY in both directions, with every error heard. The driver hands a stream over when COPY begins and then keeps two
 * things to itself: an error in the packet that began the COPY (nobody listens yet, and the process ends), and one that
 * comes after the last byte of ours (the stream never finishes). It does settle the query again in either case, so that
 * is what is listened to here.
 */

/** The data of `copy … to stdout`. Throws what the server says at any time, also after the last row. */
export async function* copyOut(run: Runner, statement: string): AsyncGenerator<Buffer, void> {
  const { query, ended, failure } = listen<Readable>(run, statement)
  const stream = await query.readable()
  // The driver pauses its socket while the reader is slow and forgets to resume it at the end, so that the next query on
  // this connection would wait for ever: `_read` is what resumes it. A connection that is gone has no socket.
  const resume = () => {
    const connected = failure() === undefined || failure() instanceof postgres.PostgresError
    if (connected) stream._read(0)
  }
  try {
    yield* stream.iterator({ destroyOnReturn: false })
  } finally {
    // the driver takes no other query before the rows of a reader that left early have come
    if (!stream.readableEnded && !stream.destroyed) await once(stream.resume(), 'close').catch(() => {})
    resume()
  }
  await ended
}

/**
 * Sends `chunks` to `copy … from stdin`; resolves when the server has taken them all, and throws when it has not. A chunk
 * larger than the stream's high-water mark is out of its memory before the next one is asked for.
 */
export async function copyIn(
  run: Runner,
  statement: string,
  chunks: AsyncIterable<Buffer | string> | Iterable<Buffer | string>,
): Promise<void> {
  const { query, ended, failure, onFailure } = listen<Writable>(run, statement)
  const stream = await query.writable()
  let wake = () => {}
  stream.on('drain', () => wake())
  onFailure(() => wake())
  try {
    for await (const chunk of chunks) {
      if (failure() !== undefined) break
      if (stream.write(chunk)) continue
      await new Promise<void>((resolve) => {
        wake = resolve
        if (failure() !== undefined) resolve()
      })
    }
  } catch (error) {
    // Ends the COPY at the server, whose log quotes this message; what the server then says of it is not news.
    stream.destroy(new Error('stopped'))
    await ended.catch(() => {})
    throw error
  }
  if (failure() === undefined) stream.end()
  await ended
}

/**
 * A COPY query whose whole life is known: `ended` settles when the server is done with it, `failure` is what went wrong
 * so far. `resolve` and `reject` are where the driver says so; the first `resolve` hands the stream over.
 */
function listen<Stream extends Readable | Writable>(run: Runner, statement: string) {
  const query = run.unsafe(statement)
  if (!('resolve' in query && typeof query.resolve === 'function' && 'reject' in query))
    throw new Error('The driver settles its queries in another way.')
  const { resolve: handOver, reject: refuse } = query
  if (typeof refuse !== 'function') throw new Error('The driver settles its queries in another way.')
  let failed: unknown
  let told = () => {}
  let finish = () => {}
  let fail: (error: unknown) => void = () => {}
  const ended = new Promise<void>((resolve, reject) => {
    finish = resolve
    fail = reject
  })
  ended.catch(() => {}) // whoever waits hears it; an error before that is kept for them
  const failing = (error: unknown) => {
    failed ??= error
    fail(failed)
    told()
  }
  let stream: Stream | undefined
  Object.assign(query, {
    resolve: (value: Stream) => {
      if (stream) return finish()
      stream = value
      stream.on('error', failing)
      handOver(value)
    },
    reject: (error: unknown) => {
      failing(error)
      refuse(error)
    },
  })
  return {
    query,
    ended,
    failure: () => failed,
    onFailure: (hear: () => void) => {
      told = hear
    },
  }
}
