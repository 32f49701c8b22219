import { z } from '@hono/zod-openapi'
import type { LogPlace, LogSubject } from '../../db/queries/log.ts'
import { type Level, type Line, levels, moment } from '../history/line.ts'
import { HistoryUnavailable } from '../history/temporal.ts'
import { unusable } from '../problem.ts'
import type { LogDeps } from './book.ts'
import { linesOf, linesOfRows } from './lines.ts'

export type LogPage = {
  readonly lines: readonly Line[]
  /** Where the next page begins; null at the end. */
  readonly next: LogPlace | null
  readonly history: 'read' | 'unavailable'
}

type Wanted = { readonly after: LogPlace | undefined; readonly limit: number; readonly level: Level }

/** So many lines are looked at for one page; with a filter it may hold fewer than asked for, and still have a next. */
const mostLooked = 2_000

/** One page of a log. Without Temporal: what Postgres knows, below a line that says so. */
export async function pageOfLog(deps: LogDeps, of: LogSubject, wanted: Wanted): Promise<LogPage> {
  try {
    return { ...(await collect(linesOf(deps, of, wanted.after), wanted)), history: 'read' }
  } catch (error) {
    if (!(error instanceof HistoryUnavailable)) throw error
    deps.log.warn({ cause: error.cause instanceof Error ? error.cause.name : 'unknown' }, error.message)
    const page = await collect(linesOfRows(deps, of, wanted.after), wanted)
    const lines = wanted.after ? page.lines : [unavailable(), ...page.lines]
    return { ...page, lines, history: 'unavailable' }
  }
}

async function collect(lines: AsyncIterable<Line>, { limit, level }: Wanted) {
  const found: Line[] = []
  let looked = 0
  let last: LogPlace | undefined
  for await (const line of lines) {
    if (last && (found.length === limit || looked === mostLooked)) return { lines: found, next: last }
    looked++
    last = { at: line.at, id: line.id }
    if (isAtLeast(line, level)) found.push(line)
  }
  return { lines: found, next: null }
}

export const isAtLeast = (line: Pick<Line, 'level'>, level: Level) =>
  levels.indexOf(line.level) >= levels.indexOf(level)

/** In place of the history, when Temporal does not answer. */
export const unavailable = (): Line => ({
  id: 'note:history',
  at: moment(Date.now()),
  endedAt: null,
  level: 'warning',
  kind: 'history.unavailable',
  message:
    "Temporal's history cannot be read at the moment, so only what the database knows is told. It is the move of whoever runs Temporal; then ask again.",
  data: {},
  source: 'records',
  workflowId: null,
  runId: null,
  eventId: null,
  about: {},
})

const place = z.tuple([z.iso.datetime(), z.string().regex(/^[a-z0-9:-]{1,60}$/)])

export const writePlace = ({ at, id }: LogPlace) => Buffer.from(JSON.stringify([at, id])).toString('base64url')

/** Reads where a page ended. @throws ApiProblem when it is not a cursor of ours */
export function readPlace(text: string | undefined): LogPlace | undefined {
  if (text === undefined) return undefined
  const found = place.safeParse(parsed(Buffer.from(text, 'base64url').toString('utf8')))
  if (found.success) return { at: found.data[0], id: found.data[1] }
  throw unusable(
    'bad_cursor',
    'This is not a cursor of a log.',
    'Send `next` of the page before, unchanged, or nothing.',
    [{ path: 'after', message: 'Not a cursor' }],
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // the schema refuses it with a sentence
  }
}
