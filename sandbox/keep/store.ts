import { join } from 'node:path'
import { z } from 'zod'
import type { Description, HeldRows, RowsListener } from '../held-rows.ts'
import { holdRows } from '../held-rows.ts'
import { type Journal, type Line, openJournal } from './journal.ts'
import { type PackedLog, packedLog } from './packed-log.ts'

/**
 * What one platform keeps over a restart: documents (small, by kind and id), the rows of lists, and logs that only grow.
 * A change is written by `commit`, before the answer goes out, so that what a client was told is still so after `kill -9`.
 */
export interface Store {
  /** The documents of a kind, in the order in which they first came. */
  documents(kind: string): unknown[]
  /** Keeps a document in the place of the one before; an equal one costs nothing. `undefined` forgets it. */
  keep(kind: string, id: string, value: unknown): void
  /** Rows under a name, with those of an earlier life in them. Clearing them forgets the name. */
  rows(id: string, isStrong: (key: string) => boolean): HeldRows
  /** The log of a name, with what an earlier life wrote into it. */
  log(id: string): Log
  commit(): void
  /** Forgets everything. */
  clear(): void
  close(): void
}

/** Values that are only ever added, numbered from 1. */
export interface Log {
  readonly size: number
  /** Adds anything that JSON can hold; returns its number. */
  append(value: unknown): number
  /** What came after that number, in order. */
  after(number: number): Iterable<[number: number, value: unknown]>
}

/** Keeps nothing beyond this process. */
export const forgetful = (): Store => makeStore(undefined, new Map(), new Map(), new Map())

type Row = [row: string, description: Description | undefined]
type Documents = Map<string, Map<string, string>>
type RowsBefore = Map<string, Map<string, Description | undefined>>
type Logs = Map<string, PackedLog>

/** A store in the file `<name>.journal` of the folder. @throws KeptStateError */
export function openStore(folder: string, name: string): Store {
  const documents: Documents = new Map()
  const rows: RowsBefore = new Map()
  const logs: Logs = new Map()
  const head = JSON.stringify({ sandbox: name, form: 1 })
  const journal = openJournal(join(folder, `${name}.journal`), head, (line) => replay(line, { documents, rows, logs }))
  return makeStore(journal, documents, rows, logs)
}

const description = z.record(z.string(), z.unknown()).optional()

interface Kept {
  documents: Documents
  rows: RowsBefore
  logs: Logs
}

function replay([what, ...rest]: Line, { documents, rows, logs }: Kept): void {
  const [a, b, c] = rest
  const [id, value] = [String(a), String(b)]
  if (what === '+') inner(rows, id).set(value, description.parse(c))
  else if (what === '-') rows.get(id)?.delete(value)
  else if (what === 'x') rows.delete(id)
  else if (what === 'e') logOf(logs, id).append(JSON.stringify(b))
  else if (c === undefined) documents.get(id)?.delete(value)
  else inner(documents, id).set(value, JSON.stringify(c))
}

function inner<V>(outer: Map<string, Map<string, V>>, key: string): Map<string, V> {
  const known = outer.get(key) ?? new Map<string, V>()
  outer.set(key, known)
  return known
}

function logOf(logs: Logs, id: string): PackedLog {
  const known = logs.get(id) ?? packedLog()
  logs.set(id, known)
  return known
}

/** Smaller files are not worth rewriting. */
const REWRITE_BYTES = 16 * 1024 * 1024

function makeStore(journal: Journal | undefined, documents: Documents, before: RowsBefore, logs: Logs): Store {
  const sets = new Map<string, HeldRows>()
  let pending: string[] = []
  let rewriteFrom = REWRITE_BYTES
  const note = (...line: Line) => {
    if (journal) pending.push(JSON.stringify(line))
  }

  function* everything(): Iterable<string> {
    for (const [kind, ofKind] of documents)
      for (const [id, value] of ofKind) yield `["d",${JSON.stringify(kind)},${JSON.stringify(id)},${value}]`
    for (const [id, set] of sets) for (const row of set.entries()) yield added(id, row)
    for (const [id, log] of logs) for (const [, line] of log.after(0)) yield logged(id, line)
  }
  function living(): number {
    let count = 0
    for (const ofKind of documents.values()) count += ofKind.size
    for (const set of sets.values()) count += set.size
    for (const log of logs.values()) count += log.size
    return count
  }

  return {
    documents: (kind) => [...(documents.get(kind)?.values() ?? [])].map((text): unknown => JSON.parse(text)),
    keep: (kind, id, value) => {
      const text: string | undefined = JSON.stringify(value)
      const ofKind = inner(documents, kind)
      if (text === ofKind.get(id)) return
      if (text === undefined) ofKind.delete(id)
      else ofKind.set(id, text)
      note('d', kind, id, ...(text === undefined ? [] : [value]))
    },
    rows: (id, isStrong) => {
      const listener: RowsListener = {
        added: (...row) => {
          if (journal) pending.push(added(id, row))
        },
        dropped: (row) => note('-', id, row),
        cleared: () => {
          sets.delete(id)
          note('x', id)
        },
      }
      const set = holdRows(isStrong, { id, listener })
      for (const row of before.get(id) ?? []) set.restore(...row)
      before.delete(id)
      sets.set(id, set)
      return set
    },
    log: (id) => ({
      get size() {
        return logOf(logs, id).size
      },
      append: (value) => {
        const line = JSON.stringify(value)
        if (journal) pending.push(logged(id, line))
        return logOf(logs, id).append(line)
      },
      *after(number) {
        for (const [at, line] of logOf(logs, id).after(number)) yield [at, JSON.parse(line)]
      },
    }),
    commit: () => {
      if (!journal || pending.length === 0) return
      // Lines that could not be written stay pending: the memory of this process is right, and the next call tries again.
      journal.append(pending)
      pending = []
      // A rewrite costs as much as the lines that live, and is due only once as many have died.
      if (journal.bytes < rewriteFrom || journal.lines <= 2 * living()) return
      try {
        journal.rewrite(everything())
        rewriteFrom = REWRITE_BYTES
      } catch (error) {
        // Everything is in the longer file. It may go on growing a while before this is tried again.
        rewriteFrom = 2 * journal.bytes
        console.error('The sandbox could not rewrite its state more shortly:', error)
      }
    },
    clear: () => {
      documents.clear()
      sets.clear()
      before.clear()
      logs.clear()
      pending = []
      journal?.rewrite([])
    },
    close: () => journal?.close(),
  }
}

const logged = (id: string, line: string) => `["e",${JSON.stringify(id)},${line}]`

const added = (id: string, [row, description]: Row) =>
  JSON.stringify(description === undefined ? ['+', id, row] : ['+', id, row, description])
