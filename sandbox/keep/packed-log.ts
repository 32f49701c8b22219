import { deflateRawSync, inflateRawSync } from 'node:zlib'

/** Lines that are only ever added, numbered from 1, each without a line break of its own. */
export interface PackedLog {
  readonly size: number
  /** Returns the line's number. */
  append(line: string): number
  /** The lines after that number, in order, with theirs. */
  after(number: number): Iterable<[number: number, line: string]>
}

/** So many lines are pressed together. Hashes hardly shrink, everything around them does. */
const BLOCK_LINES = 512

/** Keeps lines in memory at the size of what differs between them, so that millions of alike ones fit. */
export function packedLog(): PackedLog {
  const blocks: Buffer[] = []
  let tail: string[] = []
  const linesOf = (block: number) => {
    const packed = blocks[block]
    return packed === undefined ? tail : inflateRawSync(packed).toString('utf8').split('\n')
  }
  const size = () => blocks.length * BLOCK_LINES + tail.length
  return {
    get size() {
      return size()
    },
    append: (line) => {
      tail.push(line)
      const number = size()
      if (tail.length === BLOCK_LINES) {
        blocks.push(deflateRawSync(tail.join('\n'), { level: 1 }))
        tail = []
      }
      return number
    },
    *after(number) {
      const end = size()
      for (let block = Math.floor(number / BLOCK_LINES); block * BLOCK_LINES < end; block++) {
        const first = block * BLOCK_LINES + 1
        for (const [at, line] of linesOf(block).entries()) if (first + at > number) yield [first + at, line]
      }
    },
  }
}
