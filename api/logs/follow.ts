import type { LogPlace, LogSubject } from '../../db/queries/log.ts'
import { isBefore, type Level, type Line, moment } from '../history/line.ts'
import { HistoryUnavailable } from '../history/temporal.ts'
import type { LogDeps } from './book.ts'
import { linesOf } from './lines.ts'
import { isAtLeast, unavailable } from './page.ts'

export type Following = {
  /** Where the reader was cut off; undefined at the first time. */
  readonly after: LogPlace | undefined
  /** So many lines of before come first. */
  readonly last: number
  readonly level: Level
  readonly signal: AbortSignal
  /** A line that is new, or that is told otherwise than before: it has the same id then. `seen`: where to go on from. */
  readonly send: (line: Line, seen: LogPlace) => Promise<void>
  /** Nothing was new. */
  readonly idle: () => Promise<void>
}

const everyMs = 1_000
/** A line that ended longer ago than this is not told again, whatever becomes of it. */
const settledMs = 10 * 60_000
/** One that goes on for longer than this is not either. */
const longestWatchedMs = 60 * 60_000

/** Follows a log until the signal: sends each line as it comes, and again whenever it changes. */
export async function follow(deps: LogDeps, of: LogSubject, following: Following): Promise<void> {
  const { signal, level, send, idle } = following
  const sent = new Map<string, string>()
  let since: string | undefined
  let seen: LogPlace | undefined = following.after
  let away = false
  while (!signal.aborted) {
    try {
      const found = await newest(deps, of, since ?? following)
      const fresh = since === undefined ? found.filter((line) => !wasSeen(line, following.after)) : found
      since ??= found.at(-1)?.at ?? moment(Date.now())
      away = false
      let news = 0
      for (const line of fresh.toReversed()) {
        const text = JSON.stringify(line)
        if (sent.get(line.id) === text || !isAtLeast(line, level)) continue
        if (signal.aborted) return
        if (!seen || isBefore(seen, line)) seen = { at: line.at, id: line.id }
        await send(line, seen)
        sent.set(line.id, text)
        news++
      }
      if (news === 0) await idle()
      since = laterOf(since, sinceWhen(found))
      for (const id of sent.keys()) if (!found.some((line) => line.id === id)) sent.delete(id)
    } catch (error) {
      if (!(error instanceof HistoryUnavailable)) throw error
      if (!away) await send(unavailable(), seen ?? { at: moment(Date.now()), id: 'note:history' })
      away = true
    }
    await pause(signal)
  }
}

/** Lines from a moment on, or at the beginning the last few, newest first. */
async function newest(deps: LogDeps, of: LogSubject, from: string | Following): Promise<Line[]> {
  const lines: Line[] = []
  const since = typeof from === 'string' ? from : from.after && moment(Date.parse(from.after.at) - settledMs)
  for await (const line of linesOf(deps, of, undefined)) {
    if (since !== undefined ? line.at < since : typeof from !== 'string' && lines.length >= from.last) break
    lines.push(line)
  }
  return lines
}

/** Before it was cut off, the reader has been told all of this line. */
const wasSeen = (line: Line, after: LogPlace | undefined) =>
  after !== undefined && !isBefore(after, line) && line.endedAt !== null && line.endedAt < after.at

/** From when on lines may still change: the oldest that goes on, though a wait of days does not keep all of them in view. */
function sinceWhen(lines: readonly Line[]): string {
  const longAgo = moment(Date.now() - longestWatchedMs)
  const changing = lines.flatMap((line) => (line.endedAt === null && line.at > longAgo ? line.at : []))
  return [...changing, moment(Date.now() - settledMs)].sort()[0] ?? longAgo
}

const laterOf = (a: string, b: string) => (a > b ? a : b)

/** Until the next look, or until nobody listens any more. */
const pause = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, everyMs)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
