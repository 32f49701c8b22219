import type { Sql } from '../../db/connect.ts'
import {
  deliveriesForLog,
  type LogPlace,
  type LogRow,
  type LogSubject,
  rowsForLog,
  runsForLog,
} from '../../db/queries/log.ts'
import { isBefore, type Line, newestFirst, type Place } from '../history/line.ts'
import type { Execution } from '../history/temporal.ts'
import { type Book, type LogDeps, openBook } from './book.ts'
import { type Facts, lineOfRow } from './rows.ts'

/** A place in the log: a line of history, or a row that is told only if no history tells of it. */
type Spot = Place & ({ readonly line: Line } | { readonly row: LogRow; readonly tell: () => Promise<Line | undefined> })

/**
 * The lines behind `after`, newest first: those of Temporal's histories, and of rows that no history tells of any more.
 * @throws HistoryUnavailable
 */
export async function* linesOf(deps: LogDeps, of: LogSubject, after: LogPlace | undefined): AsyncGenerator<Line> {
  const book = openBook(deps, of)
  // Rows first: a history that is read later knows of every row that was there before.
  const streams: AsyncGenerator<Spot>[] = [spotsOfRows(deps, of, after, book), spotsOfHistories(book, after)]
  const heads: IteratorResult<Spot>[] = []
  for (const stream of streams) heads.push(await stream.next())
  for (;;) {
    const [next] = heads
      .flatMap((head, at) => (head.done ? [] : [{ spot: head.value, at }]))
      .sort((a, b) => newestFirst(a.spot, b.spot))
    const stream = next && streams[next.at]
    if (!next || !stream) return
    const line = await lineAt(next.spot, book)
    if (line) yield line
    heads[next.at] = await stream.next()
  }
}

/** Only what rows tell, for when Temporal cannot be asked. */
export async function* linesOfRows(deps: LogDeps, of: LogSubject, after: LogPlace | undefined): AsyncGenerator<Line> {
  for await (const { tell } of spotsOfRows(deps, of, after, openBook(deps, of))) {
    const line = await tell()
    if (line) yield line
  }
}

async function lineAt(spot: Spot, book: Book): Promise<Line | undefined> {
  if ('line' in spot) return spot.line
  return (await book.accountsFor(spot.row)) ? undefined : spot.tell()
}

type RowSpot = Extract<Spot, { row: LogRow }>

const rowsAtOnce = 50

async function* spotsOfRows(
  { db }: LogDeps,
  of: LogSubject,
  after: LogPlace | undefined,
  book: Book,
): AsyncGenerator<RowSpot> {
  const { sql } = db
  let place = after
  for (;;) {
    const rows = await rowsForLog(sql, of, { after: place, limit: rowsAtOnce })
    let facts: Promise<Facts> | undefined
    for (const row of rows) {
      const tell = async () => {
        facts ??= factsOf(sql, rows, book)
        return lineOfRow(row, await facts)
      }
      yield { at: row.at, id: row.id, row, tell }
    }
    place = rows.at(-1)
    if (rows.length < rowsAtOnce) return
  }
}

async function factsOf(sql: Sql, rows: readonly LogRow[], book: Book): Promise<Facts> {
  const ids = (kind: LogRow['kind']) => rows.flatMap((row) => (row.kind === kind ? row.subject : []))
  return {
    runs: await runsForLog(sql, { cycles: [], ids: ids('run') }),
    deliveries: await deliveriesForLog(sql, { ids: ids('delivery'), runIds: [] }),
    names: await book.names(),
  }
}

async function* spotsOfHistories(book: Book, after: LogPlace | undefined): AsyncGenerator<Spot> {
  const before = after ? Date.parse(after.at) + 1 : Date.now() + 60_000
  const executions = book.executions(before)[Symbol.asyncIterator]()
  let next = await executions.next()
  let waiting: Line[] = []
  for (;;) {
    const top = waiting[0]
    if (!next.done && (!top || mayGoBeyond(next.value, top))) {
      const { lines } = await book.read(next.value)
      waiting = [...waiting, ...lines.filter((line) => !after || isBefore(line, after))].sort(newestFirst)
      next = await executions.next()
    } else if (top) {
      waiting.shift()
      yield { at: top.at, id: top.id, line: top }
    } else return
  }
}

/** Executions come in the order of their ends, so none after this one has a newer line than its end. */
const mayGoBeyond = ({ closedAt }: Execution, { at }: Place) => closedAt === null || closedAt >= Date.parse(at)
