/** One identifier of a row: its name and its value, never empty. */
export type Cell = readonly [key: string, value: string]

/** What describes a row without being part of who it is: a value, a consent flag. A later row's description wins. */
export type Description = Record<string, unknown>

export interface HeldRows {
  /** The name under which they are kept; empty when they are not. */
  readonly id: string
  readonly size: number
  /** Adds a row; one that equals a held row changes nothing but its description. */
  add(cells: readonly Cell[], description?: Description): void
  /** Removes what shares a strong identifier with the row, or, when it has none, the row that equals it. */
  remove(cells: readonly Cell[]): void
  /** Removes every row whose description says so. */
  dropWhere(isToGo: (description: Description | undefined) => boolean): void
  /** Rows in the order they came, after position `after`. `next` is the position to go on from, null at the end. */
  page(after: number, limit: number): { members: Record<string, unknown>[]; next: number | null }
  /** Removes every row, for good: rows that are cleared are not used again. */
  clear(): void
  /** The rows in the form in which they are kept. */
  entries(): Iterable<[row: string, description: Description | undefined]>
  /** Puts back a row of `entries`, without a word to the listener. */
  restore(row: string, description: Description | undefined): void
}

/** Hears of every change, with rows in the form of `entries`. */
export interface RowsListener {
  added(row: string, description: Description | undefined): void
  dropped(row: string): void
  cleared(): void
}

const BETWEEN_CELLS = '\u001e'
const AFTER_KEY = '\u001f'

/**
 * The rows that a list holds, as received. A row is kept as one string of its cells, so that millions fit; the index
 * leads from each strong identifier to the rows that carry it. `isStrong` tells which keys name a person alone.
 */
export function holdRows(
  isStrong: (key: string) => boolean,
  { id, listener }: { id: string; listener?: RowsListener } = { id: '' },
): HeldRows {
  const positions = new Map<string, number>()
  const descriptions = new Map<string, Description>()
  const carriers = new Map<string, string | Set<string>>()
  let lastPosition = 0

  function put(row: string, description: Description | undefined): void {
    if (description === undefined) descriptions.delete(row)
    else descriptions.set(row, description)
    if (positions.has(row)) return
    positions.set(row, ++lastPosition)
    for (const cell of row.split(BETWEEN_CELLS)) if (isStrong(keyOf(cell))) link(cell, row)
  }

  function drop(row: string): void {
    if (!positions.delete(row)) return
    listener?.dropped(row)
    descriptions.delete(row)
    for (const cell of row.split(BETWEEN_CELLS)) if (isStrong(keyOf(cell))) unlink(cell, row)
  }

  function link(cell: string, row: string): void {
    const known = carriers.get(cell)
    if (known === undefined) carriers.set(cell, row)
    else if (typeof known === 'string') carriers.set(cell, new Set([known, row]))
    else known.add(row)
  }

  function unlink(cell: string, row: string): void {
    const known = carriers.get(cell)
    if (typeof known === 'object') known.delete(row)
    if (known === row || (typeof known === 'object' && known.size === 0)) carriers.delete(cell)
  }

  return {
    id,
    get size() {
      return positions.size
    },
    add: (cells, description) => {
      const row = encode(cells).join(BETWEEN_CELLS)
      if (listener && !(positions.has(row) && same(descriptions.get(row), description)))
        listener.added(row, description)
      put(row, description)
    },
    remove: (cells) => {
      const parts = encode(cells)
      const strong = parts.filter((cell) => isStrong(keyOf(cell)))
      if (strong.length === 0) return drop(parts.join(BETWEEN_CELLS))
      for (const cell of strong) {
        const rows = carriers.get(cell)
        for (const row of typeof rows === 'string' ? [rows] : [...(rows ?? [])]) drop(row)
      }
    },
    dropWhere: (isToGo) => {
      for (const row of [...positions.keys()]) if (isToGo(descriptions.get(row))) drop(row)
    },
    page: (after, limit) => {
      const members: Record<string, unknown>[] = []
      let last = after
      for (const [row, position] of positions) {
        if (position <= after) continue
        if (members.length === limit) return { members, next: last }
        members.push({ ...decode(row), ...descriptions.get(row) })
        last = position
      }
      return { members, next: null }
    },
    clear: () => {
      positions.clear()
      descriptions.clear()
      carriers.clear()
      listener?.cleared()
    },
    *entries() {
      for (const row of positions.keys()) yield [row, descriptions.get(row)]
    },
    restore: put,
  }
}

function same(one: Description | undefined, other: Description | undefined): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}

/** The cells in an order of their own, so that two uploads with differently ordered columns make the same row. */
function encode(cells: readonly Cell[]): string[] {
  return cells.map(([key, value]) => `${key}${AFTER_KEY}${escapeSeparators(value)}`).sort()
}

/** A key that a row carries more than once has an array of values. */
function decode(row: string): Record<string, string | string[]> {
  const members: Record<string, string | string[]> = {}
  for (const cell of row.split(BETWEEN_CELLS)) {
    const key = keyOf(cell)
    const value = restoreSeparators(cell.slice(key.length + 1))
    const before = Object.hasOwn(members, key) ? members[key] : undefined
    members[key] = before === undefined ? value : [before, value].flat()
  }
  return members
}

function keyOf(cell: string): string {
  return cell.slice(0, cell.indexOf(AFTER_KEY))
}

/** An external id may hold any character, our separators too: they travel as two characters behind U+001D. */
function escapeSeparators(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these characters are meant
  if (!/[\u001d-\u001f]/.test(value)) return value
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these characters are meant
  return value.replace(/[\u001d-\u001f]/g, (character) => `\u001d${character.charCodeAt(0) - 0x1d}`)
}

function restoreSeparators(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these characters are meant
  return value.replace(/\u001d([0-2])/g, (_, digit) => String.fromCharCode(0x1d + Number(digit)))
}
