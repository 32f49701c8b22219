import { refuse } from './rest-error.ts'

const DEFAULT_COUNT = 10
const LARGEST_COUNT = 100

/** One page in the manner of Rest.li: a part of the elements, and where it stands. */
export function page<T>(all: readonly T[], query: URLSearchParams): { paging: unknown; elements: T[] } {
  const start = wholeNumber(query, 'start', 0, Number.MAX_SAFE_INTEGER)
  const count = wholeNumber(query, 'count', DEFAULT_COUNT, LARGEST_COUNT)
  return { paging: { start, count, links: [], total: all.length }, elements: all.slice(start, start + count) }
}

function wholeNumber(query: URLSearchParams, name: string, usual: number, max: number): number {
  const text = query.get(name)
  if (text === null) return usual
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= max) return value
  throw refuse.parameter(`Invalid query parameter: ${name} must be a whole number up to ${max}`)
}
