import { connect as dial, type Socket } from 'node:net'
import connect from 'postgres'
import { query } from './people.ts'

export type Floor = { read(): Promise<void>; end(): Promise<void> }

/**
 * The floor that everything is compared with: a bare COPY of the same rows, received and thrown away. The bytes pass the
 * driver by, which would make an event of each row and so be slower than the server.
 */
export function openFloor(url: string, rows: () => number): Floor {
  let discard: Discard | undefined
  const address = new URL(url)
  const socket = async () => {
    const dialled = dial({ host: address.hostname, port: Number(address.port), noDelay: true })
    await new Promise((resolve, reject) => dialled.once('connect', resolve).once('error', reject))
    discard = discardCopies(dialled)
    return dialled
  }
  const unnamed: object = { socket } // an option of the driver that its types do not name
  const sql = connect(url, { max: 1, onnotice: () => {}, prepare: false, idle_timeout: 0, ...unnamed })
  return {
    async read() {
      await sql`select 1`
      discard?.begin()
      const stream = await sql.unsafe(`copy (${query}) to stdout`).readable()
      for await (const _ of stream);
      stream._read(0)
      const bytes = discard?.bytes() ?? 0
      if (bytes < rows() * 20) throw new Error(`The bare COPY returned ${bytes} bytes: too few for its rows.`)
    },
    end: () => sql.end(),
  }
}

type Discard = { begin(): void; bytes(): number }

/** 'c' for CopyDone, its length, and the 'C' of the message that follows it: the end of the data. */
const copyDone = Buffer.from('c\0\0\0\x04C', 'latin1')
const copyOut = 'H'.charCodeAt(0)

function discardCopies(socket: Socket): Discard {
  let copying = false
  let begun = false
  let bytes = 0
  let tail = Buffer.alloc(0)
  const on = socket.on.bind(socket)
  const hear = (listener: (chunk: Buffer) => void) => (chunk: Buffer) => {
    if (!copying) return listener(chunk)
    if (!begun) {
      const at = chunk.indexOf(copyOut)
      begun = true
      const end = at + 1 + chunk.readUInt32BE(at + 1)
      listener(chunk.subarray(0, end))
      chunk = chunk.subarray(end)
    }
    bytes += chunk.length
    // It can only be at the very end of what was sent.
    const last = Buffer.concat([tail, chunk.subarray(-64)])
    const at = last.lastIndexOf(copyDone)
    if (at < 0) {
      tail = Buffer.from(last.subarray(-64))
      return
    }
    copying = false
    listener(Buffer.from(last.subarray(at)))
  }
  Object.assign(socket, {
    on: (event: string, listener: (chunk: Buffer) => void) => on(event, event === 'data' ? hear(listener) : listener),
  })
  return {
    begin() {
      copying = true
      begun = false
      bytes = 0
      tail = Buffer.alloc(0)
    },
    bytes: () => bytes,
  }
}
