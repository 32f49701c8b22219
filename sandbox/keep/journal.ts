import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { KeptStateError } from './kept-state-error.ts'

/** One line of a journal: anything that JSON can hold. */
export type Line = readonly unknown[]

export interface Journal {
  readonly lines: number
  readonly bytes: number
  /** Writes a group of lines that a later life sees whole or not at all. A killed process loses nothing of it. */
  append(group: readonly string[]): void
  /** Puts other lines in the place of all; a process that is killed meanwhile leaves the old ones. */
  rewrite(lines: Iterable<string>): void
  close(): void
}

/** Stands after each group: what follows the last of them was never finished. */
const END_OF_GROUP = '["."]'
const NEWLINE = 10
const CHUNK_BYTES = 1024 * 1024
const LINES_A_GROUP = 10_000

/**
 * Opens an append-only file and gives what it holds to `read`, group by group. `head` is its first line and says of
 * which form the rest is. Sandboxes are asked one thing at a time, so everything here is synchronous.
 * @throws KeptStateError when the file holds something else than `head`, or cannot be read or written
 */
export function openJournal(file: string, head: string, read: (line: Line) => void): Journal {
  let fd = open(file)
  let { lines, bytes } = readAll(fd, file, head, read)
  if (bytes === 0) bytes = writeAt(fd, `${head}\n`, 0)
  let torn = true

  return {
    get lines() {
      return lines
    },
    get bytes() {
      return bytes
    },
    append: (group) => {
      // What an interrupted write left behind the last whole group would be read as a line of its own.
      if (torn) ftruncateSync(fd, bytes)
      torn = true
      bytes += writeAt(fd, `${group.join('\n')}\n${END_OF_GROUP}\n`, bytes)
      lines += group.length
      torn = false
    },
    rewrite: (all) => {
      const draft = `${file}.new`
      const next = openSync(draft, 'w', 0o600)
      let written = 0
      let count = 0
      try {
        written += writeAt(next, `${head}\n`, 0)
        for (const group of groups(all)) {
          written += writeAt(next, `${group.join('\n')}\n${END_OF_GROUP}\n`, written)
          count += group.length
        }
        fsyncSync(next)
        renameSync(draft, file)
      } catch (error) {
        closeSync(next)
        rmSync(draft, { force: true }) // a half of it would only fill the disk further
        throw error
      }
      closeSync(fd)
      fd = next
      bytes = written
      lines = count
      torn = false
    },
    close: () => {
      fsyncSync(fd)
      closeSync(fd)
    },
  }
}

function open(file: string): number {
  try {
    return openSync(file, existsSync(file) ? 'r+' : 'wx+', 0o600)
  } catch (error) {
    throw new KeptStateError(file, error)
  }
}

/** Reads whole groups. `bytes` is where the last one ends, `lines` what they hold. */
function readAll(fd: number, file: string, head: string, read: (line: Line) => void): { lines: number; bytes: number } {
  let bytes = 0
  let lines = 0
  let group: Line[] = []
  let number = 0
  for (const { text, end } of linesOf(fd)) {
    number++
    if (number === 1) {
      if (text !== head) throw new KeptStateError(file, `it does not begin as this release would have it`)
      bytes = end
      continue
    }
    const line = parse(text)
    // A broken line that is the last is what a killed process left of it; any other is damage.
    if (line === undefined) {
      if (end === fstatSync(fd).size) break
      throw new KeptStateError(file, `line ${number} is damaged`)
    }
    if (text !== END_OF_GROUP) {
      group.push(line)
      continue
    }
    for (const each of group) read(each)
    lines += group.length
    bytes = end
    group = []
  }
  return { lines, bytes }
}

function parse(text: string): Line | undefined {
  try {
    const line: unknown = JSON.parse(text)
    return Array.isArray(line) ? line : undefined
  } catch {
    return undefined
  }
}

/** The lines of a file with the place where each ends; a last one without its newline too. */
function* linesOf(fd: number): Iterable<{ text: string; end: number }> {
  let rest = Buffer.alloc(0)
  let end = 0
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    const size = readSync(fd, chunk, 0, CHUNK_BYTES, end + rest.length)
    if (size === 0) break
    const text = Buffer.concat([rest, chunk.subarray(0, size)])
    let from = 0
    for (let at = text.indexOf(NEWLINE); at >= 0; at = text.indexOf(NEWLINE, from)) {
      end += at + 1 - from
      yield { text: text.toString('utf8', from, at), end }
      from = at + 1
    }
    rest = text.subarray(from)
  }
  if (rest.length > 0) yield { text: rest.toString('utf8'), end: end + rest.length }
}

function writeAt(fd: number, text: string, position: number): number {
  const data = Buffer.from(text)
  let done = 0
  while (done < data.length) done += writeSync(fd, data, done, data.length - done, position + done)
  return data.length
}

function* groups(lines: Iterable<string>): Iterable<string[]> {
  let group: string[] = []
  for (const line of lines) {
    group.push(line)
    if (group.length < LINES_A_GROUP) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}
