import { useEffect, useState } from 'react'
import type { LogLine } from '../shapes.ts'

const none: ReadonlyMap<string, LogLine> = new Map()

/** Lines of a log as they come, by id: a line that changes comes again. The browser connects anew when it is cut off. */
export function useLogStream(url: string, live: boolean): ReadonlyMap<string, LogLine> {
  const [lines, setLines] = useState(none)
  useEffect(() => {
    if (!live) return
    const stream = new EventSource(url)
    stream.addEventListener('line', ({ data }: MessageEvent<string>) => {
      const line: LogLine = JSON.parse(data)
      setLines((before) => new Map(before).set(line.id, line))
    })
    return () => stream.close()
  }, [url, live])
  return lines
}
