import type { LogLine } from './log-api.ts'

/** Reads a stream of a log until it is closed by one side. */
export async function openStream(url: string, headers: Record<string, string>) {
  const cut = new AbortController()
  const response = await fetch(url, { headers, signal: cut.signal })
  if (!response.ok || !response.body) throw new Error(`The stream answered ${response.status}`)
  const seen: LogLine[] = []
  let lastEventId = ''
  let heard = () => {}
  const body: AsyncIterable<Uint8Array> = response.body
  const read = async () => {
    let text = ''
    for await (const chunk of body) {
      text += Buffer.from(chunk).toString('utf8')
      const events = text.split('\n\n')
      text = events.pop() ?? ''
      for (const event of events) {
        const field = (name: string) => event.match(new RegExp(`^${name}: (.*)$`, 'm'))?.[1]
        const data = field('data')
        if (field('event') !== 'line' || !data) continue
        seen.push(JSON.parse(data))
        lastEventId = field('id') ?? lastEventId
      }
      heard()
    }
  }
  const ended = read().catch((error: unknown) => {
    if (!cut.signal.aborted) throw error
  })
  return {
    seen,
    get lastEventId() {
      return lastEventId
    },
    /** Resolves when the other side ends the stream, or this one has. */
    ended,
    /** The first line that fits, among those told and those to come. */
    async line(fits: (line: LogLine) => boolean): Promise<LogLine> {
      for (;;) {
        const found = seen.find(fits)
        if (found) return found
        await new Promise<void>((resolve) => {
          heard = resolve
        })
      }
    },
    async close() {
      cut.abort()
      await ended
    },
  }
}
